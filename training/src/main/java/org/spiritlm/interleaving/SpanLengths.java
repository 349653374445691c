package org.spiritlm.interleaving;

import org.spiritlm.torch.InputException;

/**
 * How many words a span has; each number between the least and the most is drawn equally often.
 *
 * @param textLeast words of a text span at least
 * @param textMost words of a text span at most
 * @param speechLeast words of a speech span at least
 * @param speechMost words of a speech span at most
 */
public record SpanLengths(int textLeast, int textMost, int speechLeast, int speechMost) {
  /** The paper's: text 10 to 30 words, speech 5 to 15 (section 3.1 and appendix A). */
  public static final SpanLengths PAPER = new SpanLengths(10, 30, 5, 15);

  public SpanLengths {
    check("text", textLeast, textMost);
    check("speech", speechLeast, speechMost);
  }

  private static void check(String modality, int least, int most) {
    if (least < 1 || most < least) {
      throw new InputException(
          String.format(
              "a %s span of %d to %d words; expected 1 or more, and the most not below the least",
              modality, least, most));
    }
  }
}

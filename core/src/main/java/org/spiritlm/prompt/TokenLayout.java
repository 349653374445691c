package org.spiritlm.prompt;

/**
 * How three streams of units become one stream of tokens.
 *
 * @param hubertRate HuBERT units a second (Hz)
 * @param pitchRate pitch codes a second (Hz)
 * @param styleRate style codes a second (Hz)
 * @param mergeHubert whether equal neighbours become one token, at the time of the first
 * @param mergePitch the same for pitch
 * @param mergeStyle the same for style
 */
public record TokenLayout(
    double hubertRate,
    double pitchRate,
    double styleRate,
    boolean mergeHubert,
    boolean mergePitch,
    boolean mergeStyle) {
  /** SPIRIT LM's: 25, 12.5 and 1 Hz, style not merged (paper, section 2). */
  public static final TokenLayout SPIRIT_LM = new TokenLayout(25, 12.5, 1, true, true, false);

  public TokenLayout {
    for (double rate : new double[] {hubertRate, pitchRate, styleRate}) {
      if (!(rate > 0) || Double.isInfinite(rate)) {
        throw new IllegalArgumentException("a rate of " + rate + " Hz");
      }
    }
  }
}

package org.spiritlm.prompt;

import java.util.Arrays;
import java.util.List;
import org.spiritlm.text.TextTokenizer;

/**
 * Tokens that say what is asked, which a model may have beside those of SPIRIT LM: the paper's
 * variant that also learnt recognition and synthesis ("+ASR+TTS") has them in place of the marker
 * before the input.
 *
 * <p>A model that has them was trained with them, so that {@code [Speech]…[Text]} goes on with what
 * comes next and {@code [ASR]…[Text]} writes down what was said.
 */
public enum TaskToken {
  /** {@code [ASR]}: speech follows, and its transcript after {@code [Text]}. */
  RECOGNITION("[ASR]"),

  /** {@code [TTS]}: text follows, and the same spoken after {@code [Speech]}. */
  SYNTHESIS("[TTS]");

  private final String piece;

  TaskToken(String piece) {
    this.piece = piece;
  }

  /** The token in a string. */
  public String piece() {
    return piece;
  }

  /** All of them, for a new vocabulary. */
  public static List<String> pieces() {
    return Arrays.stream(values()).map(TaskToken::piece).toList();
  }

  /** Whether a model has it. */
  public boolean isIn(TextTokenizer tokenizer) {
    return tokenizer.id(piece).isPresent();
  }
}

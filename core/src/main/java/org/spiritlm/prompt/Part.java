package org.spiritlm.prompt;

/** A stretch of text or of speech in a prompt or in what a model generated. */
public sealed interface Part {
  /** Text as it is: tokens written out in it are taken for tokens, as the reference does. */
  record Text(String text) implements Part {}

  /** Speech as tokens. */
  record Speech(SpeechTokens tokens) implements Part {}
}

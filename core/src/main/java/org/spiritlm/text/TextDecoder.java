package org.spiritlm.text;

/**
 * Turns ids into text one at a time: what it returns, joined, is what {@link TextTokenizer#decode}
 * gives for all of them. A character of several byte tokens comes when its last one has come. For
 * one thread.
 */
public interface TextDecoder {
  /** The text that this id completes; often empty. */
  String accept(int id);

  /** The rest: bytes that never became a character come as U+FFFD. The decoder is used up. */
  String finish();
}

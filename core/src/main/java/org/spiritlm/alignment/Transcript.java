package org.spiritlm.alignment;

import java.util.Arrays;
import java.util.List;

/**
 * A transcript as labels.
 *
 * @param words its words, in order
 * @param labels what is said, with delimiters between words where the model has one
 * @param wildcard the label that stands for anything said
 */
@SuppressWarnings("ArrayRecordComponent") // made for one reader
record Transcript(List<Word> words, int[] labels, int wildcard) {
  /**
   * A word and its labels.
   *
   * @param text as the transcript has it
   * @param from its first label
   * @param to the label after its last; the same where nothing of it is said, as of a dash
   */
  record Word(String text, int from, int to) {}

  Transcript {
    words = List.copyOf(words);
  }

  /** Whether there is a letter that the model knows. */
  boolean isAlignable() {
    return words.stream().anyMatch(this::isKnown);
  }

  /** Whether a word has a letter that the model knows. */
  boolean isKnown(Word word) {
    return Arrays.stream(labels, word.from(), word.to()).anyMatch(label -> label != wildcard);
  }
}

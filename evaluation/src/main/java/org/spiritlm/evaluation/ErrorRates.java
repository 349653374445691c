package org.spiritlm.evaluation;

import org.spiritlm.text.EditCounts;
import org.spiritlm.text.TranscriptNormalizer;

/** Counts how transcripts differ from what is said, without what is not heard. Not thread-safe. */
final class ErrorRates {
  private final boolean english;
  private EditCounts words = EditCounts.NONE;
  private EditCounts characters = EditCounts.NONE;
  private long items;

  /**
   * None so far.
   *
   * @param english whether numbers and short forms are English, and written out
   */
  ErrorRates(boolean english) {
    this.english = english;
  }

  void add(String reference, String hypothesis) {
    String expected = normalize(reference);
    String found = normalize(hypothesis);
    words = words.plus(EditCounts.words(expected, found));
    characters = characters.plus(EditCounts.characters(expected, found));
    items++;
  }

  private String normalize(String text) {
    return english ? SpokenEnglish.normalize(text) : TranscriptNormalizer.normalize(text);
  }

  /** The word error rate as a figure. */
  Figure words(String name, String title) {
    return Figure.errorRate(name, title + ", WER", words, items);
  }

  /** The character error rate as a figure. */
  Figure characters(String name, String title) {
    return Figure.errorRate(name, title + ", CER", characters, items);
  }
}

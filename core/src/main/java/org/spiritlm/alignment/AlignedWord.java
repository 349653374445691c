package org.spiritlm.alignment;

import org.jspecify.annotations.Nullable;

/**
 * A word and when it is said.
 *
 * @param word as the transcript has it
 * @param start seconds from the beginning of the audio file
 * @param end seconds from the beginning of the audio file, not before the start
 * @param score how sure the aligner was, the mean log-probability of its frames (at most 0), or
 *     null where the times come from elsewhere, or the aligner knows no letter of it
 */
public record AlignedWord(String word, double start, double end, @Nullable Double score) {
  /** A word whose times need no score. */
  public AlignedWord(String word, double start, double end) {
    this(word, start, end, null);
  }
}

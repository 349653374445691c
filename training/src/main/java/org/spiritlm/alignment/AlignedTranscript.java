package org.spiritlm.alignment;

import java.util.List;
import org.spiritlm.corpus.AlignedWord;

/**
 * When the words of a transcript are said.
 *
 * <p>Every word between white space has its times. One that is only a wildcard has no score, and
 * one of which nothing is said, such as a dash, stands at the end of the word before it.
 *
 * @param words the words, with seconds from the beginning of the speech
 * @param score the mean log-probability of all frames in which a letter is said
 * @param seconds length of the speech
 */
public record AlignedTranscript(List<AlignedWord> words, double score, double seconds) {
  public AlignedTranscript {
    words = List.copyOf(words);
  }
}

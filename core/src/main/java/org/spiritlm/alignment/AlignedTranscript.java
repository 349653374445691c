package org.spiritlm.alignment;

import java.util.List;

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

  /** The words where the speech begins so many seconds after a recording does. */
  public List<AlignedWord> wordsAfter(double start) {
    return words.stream()
        .map(
            word ->
                new AlignedWord(
                    word.word(),
                    WordTimes.rounded(word.start() + start),
                    WordTimes.rounded(word.end() + start),
                    word.score()))
        .toList();
  }
}

package org.spiritlm.interleaving;

/** The ids of an utterance's words. */
public interface WordIds {
  /**
   * Adds the ids of words in a row, as text right after {@code [Text]}.
   *
   * @param first the first word, counted from 0
   * @param end the word after the last
   */
  void write(int first, int end, IdBuffer out);
}

package org.spiritlm.interleaving;

import java.util.List;
import org.spiritlm.corpus.WordFrames;

/**
 * Gives every frame from the first word's start to the last word's end to exactly one word: of the
 * frames between two words each takes half, the later one the odd frame; of frames that two words
 * claim as well.
 */
public final class WordCuts {
  private final int[] cuts;

  private WordCuts(int[] cuts) {
    this.cuts = cuts;
  }

  /** The cuts between words. */
  public static WordCuts of(List<WordFrames> words) {
    int[] starts = words.stream().mapToInt(WordFrames::start).toArray();
    int[] ends = words.stream().mapToInt(WordFrames::end).toArray();
    return of(starts, ends);
  }

  /**
   * The cuts between words.
   *
   * @param starts the words' first frames
   * @param ends the frames after their last
   */
  public static WordCuts of(int[] starts, int[] ends) {
    int words = starts.length;
    int[] cuts = new int[words + 1];
    if (words == 0) {
      return new WordCuts(cuts);
    }
    int last = ends[0];
    for (int end : ends) {
      last = Math.max(last, end);
    }
    cuts[0] = Math.min(starts[0], last);
    for (int i = 1; i < words; i++) {
      int middle = (int) (((long) ends[i - 1] + starts[i]) / 2);
      cuts[i] = Math.min(last, Math.max(cuts[i - 1], middle));
    }
    cuts[words] = last;
    return new WordCuts(cuts);
  }

  /** How many words there are. */
  public int words() {
    return cuts.length - 1;
  }

  /** The first frame of a word, and for the number of words the frame after the last word. */
  public int at(int word) {
    return cuts[word];
  }

  /** Whether words in a row have no frame at all. */
  boolean areSilent(int firstWord, int endWord) {
    return cuts[firstWord] == cuts[endWord];
  }
}

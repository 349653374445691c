package org.spiritlm.alignment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.spiritlm.torch.ConfigFile;

/**
 * How much further words reach than the frames of their letters: CTC gives a letter to the frames
 * in which a model is sure of it, which begin later than the letter and end earlier, by as much as
 * the model has learnt to.
 *
 * @param late how much later the first letter of a word begins (seconds)
 * @param early how much earlier its last one ends (seconds)
 */
public record WordMargins(double late, double early) {
  /** Words are their letters' frames. */
  public static final WordMargins NONE = new WordMargins(0, 0);

  /** Those of an aligner of this project on synthetic speech, for where no times are known. */
  public static final WordMargins USUAL = new WordMargins(0.04, 0.03);

  private static final double MOST = 0.2;
  private static final String LATE = "word_late_seconds";
  private static final String EARLY = "word_early_seconds";

  /** How much of a gap between two words each may have. */
  private static final double SHARE = 0.5;

  /**
   * Reads them from a model's {@code config.json}; there are none where they are absent.
   *
   * @throws org.spiritlm.torch.CheckpointException if one is no time of 0 to 0.2 s
   */
  static WordMargins read(ConfigFile file) {
    return new WordMargins(read(file, LATE), read(file, EARLY));
  }

  private static double read(ConfigFile file, String key) {
    double value = file.number(key, 0);
    if (!(value >= 0 && value <= MOST)) {
      throw file.wrong(key, "seconds from 0 to " + MOST);
    }
    return value;
  }

  /** Writes them for {@link #read}. */
  public void write(ObjectNode config) {
    config.put(LATE, late);
    config.put(EARLY, early);
  }

  /**
   * The medians of what words with known times reach further than found ones, where they do.
   *
   * @param right the known words of all utterances
   * @param found the same words, found without margins
   */
  public static WordMargins between(List<AlignedWord> right, List<AlignedWord> found) {
    List<Double> late = new ArrayList<>();
    List<Double> early = new ArrayList<>();
    for (int i = 0; i < right.size(); i++) {
      late.add(found.get(i).start() - right.get(i).start());
      early.add(right.get(i).end() - found.get(i).end());
    }
    return new WordMargins(median(late), median(early));
  }

  private static double median(List<Double> values) {
    values.sort(null);
    double middle = values.isEmpty() ? 0 : values.get(values.size() / 2);
    return Math.min(MOST, Math.max(0, middle));
  }

  /**
   * Words with their margins, of which each has at most half of a gap; words without letters stay
   * between their neighbours.
   *
   * @param seconds of the speech
   */
  List<AlignedWord> around(List<AlignedWord> words, double seconds) {
    List<AlignedWord> wider = new ArrayList<>();
    double before = 0; // where the letters of the word before end
    double edge = 0; // where that word ends
    for (int i = 0; i < words.size(); i++) {
      AlignedWord word = words.get(i);
      if (word.end() <= word.start()) {
        wider.add(new AlignedWord(word.word(), edge, edge, word.score()));
        continue;
      }
      double share = edge == 0 ? 1 : SHARE;
      double start = word.start() - Math.min(late, (word.start() - before) * share);
      double next = next(words, i, seconds);
      double gap = (next - word.end()) * (next == seconds ? 1 : SHARE);
      before = word.end();
      if (edge == 0) { // words without letters before the first one that has some
        wider.replaceAll(empty -> new AlignedWord(empty.word(), start, start, empty.score()));
      }
      edge = word.end() + Math.min(early, gap);
      wider.add(new AlignedWord(word.word(), start, edge, word.score()));
    }
    return wider;
  }

  /** Where the letters of the next word that has some begin. */
  private static double next(List<AlignedWord> words, int index, double seconds) {
    for (AlignedWord word : words.subList(index + 1, words.size())) {
      if (word.end() > word.start()) {
        return word.start();
      }
    }
    return seconds;
  }
}

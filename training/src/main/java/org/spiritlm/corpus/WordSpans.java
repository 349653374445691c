package org.spiritlm.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * The units in which words are said.
 *
 * <p>Unit i stands for the time from i / rate to (i + 1) / rate. A word begins and ends at the
 * border between units that is nearest to its time (half up), so that words which touch in time
 * touch in units, no unit belongs to two words, and a word shorter than a unit may have none. A
 * word that ends after the last unit, which does not reach the end of the audio, ends with it.
 */
public final class WordSpans {
  /** How far times may lie past the end of the audio without being refused (seconds). */
  private static final double TOLERANCE = 0.05;

  private WordSpans() {}

  /**
   * The words of an utterance with their units.
   *
   * @param utterance its words' times count from the beginning of the audio file
   * @param seconds length of the utterance's own audio
   * @param units how many units it has
   * @param rate units a second
   * @return in the same order, disjoint, within the units
   * @throws InputException if a word lies past the end of the audio
   */
  public static List<WordFrames> of(Utterance utterance, double seconds, int units, double rate) {
    @Nullable Double from = utterance.start();
    double first = from == null ? 0 : from;
    List<WordFrames> spans = new ArrayList<>();
    int last = 0;
    for (AlignedWord word : utterance.words()) {
      if (word.end() - first > seconds + TOLERANCE) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "the word '%s' (%.3f s to %.3f s) lies past the end of the audio at %.3f s",
                word.word(),
                word.start(),
                word.end(),
                first + seconds));
      }
      int start = border(word.start() - first, rate, last, units);
      int end = border(word.end() - first, rate, start, units);
      spans.add(new WordFrames(word.word(), start, end));
      last = end;
    }
    return spans;
  }

  /** The border nearest to a time, within these. */
  private static int border(double time, double rate, int least, int most) {
    return (int) Math.max(least, Math.min(most, Math.round(time * rate)));
  }
}

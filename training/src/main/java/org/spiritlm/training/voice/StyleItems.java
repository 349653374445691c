package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/**
 * Recordings by their style labels; each label is drawn as often as every other, however many
 * recordings it has.
 */
final class StyleItems {
  private final VoiceItems items;
  private final List<String> labels;
  private final List<List<Integer>> byLabel = new ArrayList<>();

  /**
   * A piece to learn from.
   *
   * @param recording its number
   * @param from its first sample there
   * @param label the number of its label
   * @param samples standardised together with the rest of the recording
   */
  @SuppressWarnings("ArrayRecordComponent") // seconds of samples are not copied
  record Piece(int recording, int from, int label, float[] samples) {}

  private StyleItems(VoiceItems items, List<String> labels) {
    this.items = items;
    this.labels = labels;
    labels.forEach(label -> byLabel.add(new ArrayList<>()));
  }

  /**
   * Those of a corpus with its labels.
   *
   * @param shortest recordings with fewer samples are left out
   * @throws InputException if there are fewer than two labels
   */
  static StyleItems of(VoiceItems items, int shortest) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < items.count(); i++) {
      String label = items.item(i).style();
      if (label != null && items.item(i).samples() >= shortest) {
        counts.merge(label, 1, Integer::sum);
      }
    }
    if (counts.size() < 2) {
      throw new InputException(
          "the recordings have "
              + (counts.isEmpty() ? "no style" : "one style alone, " + counts.keySet())
              + "; give some of at least two ('style' in the manifest)");
    }
    return of(items, List.copyOf(counts.keySet()), shortest);
  }

  /** Those of a corpus that have one of these labels. */
  static StyleItems of(VoiceItems items, List<String> labels, int shortest) {
    StyleItems all = new StyleItems(items, labels);
    for (int i = 0; i < items.count(); i++) {
      int label = labels.indexOf(items.item(i).style());
      if (label >= 0 && items.item(i).samples() >= shortest) {
        all.byLabel.get(label).add(i);
      }
    }
    return all;
  }

  /** The labels by number. */
  List<String> labels() {
    return labels;
  }

  /** Recordings in all. */
  int count() {
    return byLabel.stream().mapToInt(List::size).sum();
  }

  /** The name of a recording. */
  String id(int recording) {
    return items.item(recording).id();
  }

  /** Draws a piece of so many samples, or a whole recording that has no more. */
  Piece draw(SplittableRandom random, int samples) {
    int label = random.nextInt(labels.size());
    int recording = byLabel.get(label).get(random.nextInt(byLabel.get(label).size()));
    float[] whole = standardised(recording);
    int length = Math.min(samples, whole.length);
    int from = random.nextInt(whole.length - length + 1);
    return new Piece(recording, from, label, Arrays.copyOfRange(whole, from, from + length));
  }

  /** The first recordings of each label in turn, whole or cut, so many at most. */
  List<Piece> first(int most, int samples) {
    List<Piece> pieces = new ArrayList<>();
    int longest = byLabel.stream().mapToInt(List::size).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      for (int label = 0; label < labels.size(); label++) {
        List<Integer> recordings = byLabel.get(label);
        if (i < recordings.size() && pieces.size() < most) {
          float[] whole = standardised(recordings.get(i));
          pieces.add(
              new Piece(
                  recordings.get(i),
                  0,
                  label,
                  Arrays.copyOf(whole, Math.min(samples, whole.length))));
        }
      }
    }
    return pieces;
  }

  private float[] standardised(int recording) {
    return Wav2Vec2Encoder.standardised(items.samples(recording), StyleTokenizer.EPSILON);
  }
}

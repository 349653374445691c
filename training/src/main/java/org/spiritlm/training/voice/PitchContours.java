package org.spiritlm.training.voice;

import java.util.SplittableRandom;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;
import org.spiritlm.units.pitch.PitchFeature;
import org.spiritlm.units.pitch.PitchQuantizerConfig;

/**
 * The contours of recordings as the pitch quantizer sees them: over the whole recording, whose mean
 * is taken off (6 MB an hour).
 */
final class PitchContours {
  private final PitchQuantizerConfig config;
  private final VoiceItems items;
  private final FoundContours<float[]> found;
  private final float[] scales;
  private final Places places;
  private final int length;

  /**
   * @param hertz a difference of so many Hz counts as one
   * @param length frames of a stretch
   * @throws InputException if no recording is long enough
   */
  PitchContours(
      PitchQuantizerConfig config,
      VoiceItems items,
      PitchExtractor extractor,
      double hertz,
      int length) {
    this.config = config;
    this.items = items;
    this.found = new FoundContours<>(items, extractor, this::formed);
    this.length = length;
    this.scales = scales(config, hertz);
    int[] lengths = new int[items.count()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = items.item(i).samples() < 1 ? 0 : PitchContour.frames(items.item(i).samples());
    }
    this.places = new Places(lengths, length);
  }

  /** What each feature is divided by: those in Hz by a typical difference, others by 1. */
  static float[] scales(PitchQuantizerConfig config, double hertz) {
    float[] scales = new float[config.features().size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = config.features().get(i) == PitchFeature.VUV ? 1 : (float) hertz;
    }
    return scales;
  }

  /** Recordings that are long enough. */
  int recordings() {
    return places.recordings();
  }

  /** Refuses what nothing can be learnt from. */
  void requireSome() {
    if (places.recordings() == 0) {
      throw new InputException(
          "none of "
              + items.count()
              + " recordings has the "
              + length
              + " frames (of 5 ms) of a stretch; give longer ones, or a smaller 'segment'");
    }
  }

  /** Draws a place. */
  Places.Place draw(SplittableRandom random) {
    return places.draw(random);
  }

  /** The name of a recording. */
  String id(int recording) {
    return items.item(recording).id();
  }

  /** The whole contour of a recording, [T, C] in row-major order. */
  float[] rows(int recording) {
    return found.of(recording);
  }

  private float[] formed(PitchContour contour) {
    float[] rows = PitchFeature.rows(config.features(), contour);
    for (int i = 0; i < rows.length; i++) {
      rows[i] /= scales[i % scales.length];
    }
    return rows;
  }

  /** A stretch of a recording, [C, length] in row-major order, into an array from a place on. */
  void copy(Places.Place place, float[] into, int at) {
    float[] rows = rows(place.recording());
    int channels = scales.length;
    for (int c = 0; c < channels; c++) {
      for (int t = 0; t < length; t++) {
        into[at + c * length + t] = rows[(place.from() + t) * channels + c];
      }
    }
  }
}

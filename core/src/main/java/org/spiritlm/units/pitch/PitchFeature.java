package org.spiritlm.units.pitch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * One input row of the pitch quantizer, by the name that the configuration's {@code features} gives
 * it.
 */
public enum PitchFeature {
  /** Frequency (Hz), zero where unvoiced. */
  F0(false, false),
  /** Frequency (Hz), interpolated where unvoiced. */
  F0_INTERP(true, false),
  /** Like {@link #F0}, with the mean of the piece's voiced frames taken from what is not zero. */
  NORM_F0(false, true),
  /** Like {@link #F0_INTERP}, with the mean of the piece's voiced frames taken from it. */
  NORM_F0_INTERP(true, true),
  /** Whether a frame is voiced: 1 or 0. */
  VUV(false, false);

  private final boolean interpolated;
  private final boolean centred;

  PitchFeature(boolean interpolated, boolean centred) {
    this.interpolated = interpolated;
    this.centred = centred;
  }

  /**
   * Reads {@code features}, a list such as {@code norm_f0_interp,vuv}.
   *
   * @throws CheckpointException if a name is unknown
   */
  static List<PitchFeature> parse(ConfigFile config) {
    List<PitchFeature> features = new ArrayList<>();
    for (String name : config.text("features").split(",", -1)) {
      features.add(
          Arrays.stream(values())
              .filter(feature -> feature.key().equals(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      config.wrong(
                          "features",
                          "a list of " + Arrays.stream(values()).map(PitchFeature::key).toList())));
    }
    return features;
  }

  /** The name in configurations. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The rows of features of a contour, frame by frame: [T, C] in row-major order. */
  public static float[] rows(List<PitchFeature> features, PitchContour contour) {
    float[] hertz = contour.hertz();
    boolean[] voiced = contour.voiced();
    float mean = voicedMean(contour);
    float[] rows = new float[hertz.length * features.size()];
    int at = 0;
    for (int t = 0; t < hertz.length; t++) {
      for (PitchFeature feature : features) {
        rows[at++] = feature.value(hertz[t], voiced[t], mean);
      }
    }
    return rows;
  }

  private float value(float hertz, boolean voiced, float mean) {
    if (this == VUV) {
      return voiced ? 1 : 0;
    }
    float shown = interpolated || voiced ? hertz : 0;
    return centred && shown != 0 ? shown - mean : shown;
  }

  /** Mean frequency over voiced frames (Hz), 0 where there are none. */
  public static float voicedMean(PitchContour contour) {
    double sum = 0;
    int count = 0;
    for (int t = 0; t < contour.hertz().length; t++) {
      if (contour.voiced()[t]) {
        sum += contour.hertz()[t];
        count++;
      }
    }
    return count == 0 ? 0 : (float) (sum / count);
  }
}

package org.spiritlm.audio;

import java.util.Arrays;

/**
 * Changes the speed of speech at {@link Audio#SPEECH_RATE} without its pitch, by overlapping pieces
 * that go on where the last one led (WSOLA, Verhelst and Roelands 1993), and its pitch without its
 * speed.
 */
public final class TimeStretch {
  private static final int PIECE = 1024;
  private static final int HOP = PIECE / 2;
  private static final int SEARCHED = 256;

  /** Every so many samples are compared: speech has little above 4 kHz. */
  private static final int COMPARED = 2;

  /** Every so many places are tried, and then those beside the best of them. */
  private static final int COARSE = 4;

  private TimeStretch() {}

  /**
   * Speech of the same pitch.
   *
   * @param speed above 0; 2 is half as long
   */
  public static float[] stretched(float[] samples, double speed) {
    int length = (int) Math.round(samples.length / speed);
    float[] stretched = new float[length + PIECE];
    int from = 0; // where the last piece was taken
    for (int to = 0; to < length; to += HOP) {
      int wanted = (int) Math.round(to * speed);
      from = to == 0 ? 0 : best(samples, wanted, from + HOP);
      for (int i = 0; i < PIECE; i++) {
        boolean isFirst = to == 0 && i < HOP;
        double weight = isFirst ? 1 : 0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / PIECE);
        stretched[to + i] += (float) (weight * at(samples, from + i));
      }
    }
    return Arrays.copyOf(stretched, length);
  }

  /** The place near the wanted one that is most like what would have come next. */
  private static int best(float[] samples, int wanted, int next) {
    if (wanted == next) {
      return wanted; // as it is, at the speed that it has
    }
    int near = best(samples, wanted - SEARCHED, wanted + SEARCHED, COARSE, next);
    return best(samples, near - COARSE + 1, near + COARSE - 1, 1, next);
  }

  private static int best(float[] samples, int first, int last, int step, int next) {
    int best = first;
    double most = Double.NEGATIVE_INFINITY;
    for (int place = first; place <= last; place += step) {
      double likeness = likeness(samples, place, next);
      if (likeness > most) {
        most = likeness;
        best = place;
      }
    }
    return best;
  }

  /** How alike the pieces at two places are; there is silence beside the samples. */
  private static double likeness(float[] samples, int place, int next) {
    int outside = Math.max(0, -Math.min(place, next));
    int to = Math.min(HOP, samples.length - Math.max(place, next));
    double likeness = 0;
    for (int i = outside + outside % COMPARED; i < to; i += COMPARED) {
      likeness += samples[place + i] * samples[next + i];
    }
    return likeness;
  }

  private static float at(float[] samples, int index) {
    return index < 0 || index >= samples.length ? 0 : samples[index];
  }

  /**
   * Speech of the same length.
   *
   * @param factor of all frequencies, above 0
   */
  public static float[] shifted(float[] samples, double factor) {
    float[] resampled = new float[(int) Math.round(samples.length / factor)];
    for (int i = 0; i < resampled.length; i++) {
      resampled[i] = between(samples, i * factor);
    }
    float[] stretched = stretched(resampled, resampled.length / (double) samples.length);
    return Arrays.copyOf(stretched, samples.length);
  }

  /** The value between samples, by the cubic through four of them (Catmull and Rom 1974). */
  private static float between(float[] samples, double place) {
    int i = (int) Math.floor(place);
    double t = place - i;
    double a = at(samples, i - 1);
    double b = at(samples, i);
    double c = at(samples, i + 1);
    double d = at(samples, i + 2);
    return (float)
        (b
            + t
                * ((c - a) / 2
                    + t * (a - 2.5 * b + 2 * c - d / 2 + t * (1.5 * (b - c) + (d - a) / 2))));
  }
}

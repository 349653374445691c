package org.spiritlm.evaluation;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * A recording as a fixed number of values from which its style can be told: means, deviations and
 * changes of log-mel energies where something is said, how loudness moves, and how pitch moves.
 *
 * <p>It knows nothing of any model's units. Shapes: T frames of 10 ms, M mels.
 */
final class SoundStatistics {
  private static final int MELS = 40;
  private static final int PITCH_VALUES = 8;
  private static final int LOUDNESS_VALUES = 7;

  /** How many values there are. */
  static final int COUNT = 3 * MELS + LOUDNESS_VALUES + PITCH_VALUES;

  private static final int HOP = 160;
  private static final double FRAMES_A_SECOND = (double) Audio.SPEECH_RATE / HOP;

  /** Frames so much below the loudest are silent (natural logarithm of magnitudes). */
  private static final double SILENCE = 3.5;

  private final MelSpectrogram mel =
      new MelSpectrogram(
          new MelSpectrogram.Config(Audio.SPEECH_RATE, MELS, 512, 400, HOP, 50, 7600));

  private final PitchExtractor pitch;

  SoundStatistics(PitchExtractor pitch) {
    this.pitch = pitch;
  }

  /**
   * Where blocks of values begin that another microphone moves together, and where the last ends.
   */
  static int[] blocks() {
    return new int[] {0, MELS, 2 * MELS, 3 * MELS};
  }

  /**
   * The values of a recording at 16 kHz.
   *
   * @throws InputException if it is shorter than 50 ms
   */
  double[] of(float[] samples) {
    if (samples.length < 5 * HOP) {
      throw new InputException(
          "a recording of "
              + (double) samples.length / Audio.SPEECH_RATE
              + " s is too short to have a style");
    }
    float[] energies;
    try (Scope scope = Scope.open()) {
      Tensor frames = mel.forward(samples); // [T, M]
      energies = Tensors.floats(frames);
    }
    double[] values = new double[COUNT];
    double[] loudness = loudness(energies);
    boolean[] said = said(loudness);
    spectrum(energies, said, values);
    move(loudness, said, values, 3 * MELS);
    pitch(samples, values, 3 * MELS + LOUDNESS_VALUES);
    return values;
  }

  private static double[] loudness(float[] energies) {
    double[] loudness = new double[energies.length / MELS];
    for (int t = 0; t < loudness.length; t++) {
      for (int m = 0; m < MELS; m++) {
        loudness[t] += energies[t * MELS + m] / MELS;
      }
    }
    return loudness;
  }

  private static boolean[] said(double[] loudness) {
    double least = Arrays.stream(loudness).max().orElseThrow() - SILENCE;
    boolean[] said = new boolean[loudness.length];
    for (int t = 0; t < said.length; t++) {
      said[t] = loudness[t] >= least;
    }
    return said;
  }

  /** Of each mel its mean, its deviation, and how much it changes from frame to frame. */
  private static void spectrum(float[] energies, boolean[] said, double[] values) {
    for (int m = 0; m < MELS; m++) {
      Moments level = new Moments();
      Moments change = new Moments();
      for (int t = 0; t < said.length; t++) {
        if (said[t]) {
          level.add(energies[t * MELS + m]);
          if (t > 0) {
            change.add(Math.abs(energies[t * MELS + m] - energies[(t - 1) * MELS + m]));
          }
        }
      }
      values[m] = level.mean();
      values[MELS + m] = level.deviation();
      values[2 * MELS + m] = change.mean();
    }
  }

  private static void move(double[] loudness, boolean[] said, double[] values, int at) {
    Moments level = new Moments();
    Moments change = new Moments();
    int crossings = 0;
    int pauses = 0;
    int silent = 0;
    for (int t = 0; t < said.length; t++) {
      if (said[t]) {
        level.add(loudness[t]);
      }
      silent += said[t] ? 0 : 1;
      if (t > 0) {
        change.add(Math.abs(loudness[t] - loudness[t - 1]));
        pauses += said[t - 1] && !said[t] ? 1 : 0;
      }
    }
    for (int t = 1; t < said.length; t++) {
      boolean above = loudness[t] > level.mean();
      crossings += above == loudness[t - 1] > level.mean() ? 0 : 1;
    }
    double seconds = said.length / FRAMES_A_SECOND;
    values[at] = level.mean();
    values[at + 1] = level.deviation();
    values[at + 2] = change.mean();
    values[at + 3] = change.deviation();
    values[at + 4] = crossings / seconds;
    values[at + 5] = pauses / seconds;
    values[at + 6] = (double) silent / said.length;
  }

  /**
   * Of the logarithm of the pitch: level, deviation, extent, change, slope; and how much is voiced.
   */
  private void pitch(float[] samples, double[] values, int at) {
    PitchContour contour = pitch.extract(samples);
    int frames = contour.hertz().length;
    double[] voiced = new double[frames];
    int count = 0;
    Moments level = new Moments();
    Moments change = new Moments();
    Moments time = new Moments();
    double together = 0;
    for (int t = 0; t < frames; t++) {
      if (contour.voiced()[t]) {
        double tone = Math.log(contour.hertz()[t]);
        voiced[count++] = tone;
        level.add(tone);
        time.add((double) t / frames);
        together += tone * t / frames;
        if (t > 0 && contour.voiced()[t - 1]) {
          change.add(Math.abs(tone - Math.log(contour.hertz()[t - 1])));
        }
      }
    }
    values[at] = (double) count / frames;
    if (count > 0) {
      Arrays.sort(voiced, 0, count);
      double spread = time.deviation() * time.deviation();
      values[at + 1] = level.mean();
      values[at + 2] = level.deviation();
      values[at + 3] = voiced[count / 10];
      values[at + 4] = voiced[count / 2];
      values[at + 5] = voiced[Math.min(count - 1, count * 9 / 10)];
      values[at + 6] = change.mean();
      values[at + 7] = spread > 0 ? (together / count - level.mean() * time.mean()) / spread : 0;
    }
  }

  /** Mean and deviation of numbers that come one by one. */
  private static final class Moments {
    private long count;
    private double sum;
    private double squares;

    void add(double value) {
      count++;
      sum += value;
      squares += value * value;
    }

    double mean() {
      return count == 0 ? 0 : sum / count;
    }

    double deviation() {
      return count == 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean() * mean()));
    }
  }
}

package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Pitch by {@link Fcpe} with the settings that SPIRIT LM uses it with: the likeliest bin's
 * neighbourhood is averaged, unvoiced frames are interpolated, frames are stretched to 200 Hz.
 *
 * <p>Differs from the reference: where nothing is voiced the reference fails; here the contour is
 * zero and unvoiced throughout, so that silence has pitch tokens too.
 */
public final class FcpePitchExtractor implements PitchExtractor {
  /** A frame is voiced where its likeliest bin is above this. */
  private static final float THRESHOLD = 0.05f;

  /** Lower pitches are taken for unvoiced (Hz). */
  private static final float LOWEST = 50;

  /** Higher pitches are cut to this (Hz). */
  private static final float HIGHEST = 1100;

  /** Bins on either side of the likeliest that are averaged with it. */
  private static final int NEIGHBOURS = 4;

  private final Fcpe network;
  private final MelSpectrogram mel;

  /**
   * @throws CheckpointException if the network was trained at another rate than 16 kHz
   */
  public FcpePitchExtractor(Fcpe network) {
    this.network = network;
    MelSpectrogram.Config config = network.config().mel();
    if (config.sampleRate() != Audio.SPEECH_RATE) {
      throw new CheckpointException(
          "the pitch network works at "
              + config.sampleRate()
              + " Hz (mel.sr), expected "
              + Audio.SPEECH_RATE
              + "; use FCPE weights trained at that rate");
    }
    this.mel = new MelSpectrogram(config);
  }

  @Override
  public PitchContour extract(float[] samples) {
    Audio.requireFinite(samples, 0, Audio.SPEECH_RATE);
    try (Scope scope = Scope.open()) {
      float[] likelihoods = Tensors.floats(network.forward(mel.forward(samples))); // [T, P]
      float[] hertz = decode(likelihoods);
      boolean[] voiced = voiced(hertz);
      complete(hertz, voiced);
      return stretch(hertz, voiced, PitchContour.frames(samples.length));
    }
  }

  /** Pitch of each frame (Hz), 0 where no bin is likely. */
  float[] decode(float[] likelihoods) {
    float[] cents = network.cents();
    int bins = cents.length;
    float[] hertz = new float[likelihoods.length / bins];
    for (int t = 0; t < hertz.length; t++) {
      int row = t * bins;
      int best = 0;
      for (int bin = 1; bin < bins; bin++) {
        if (likelihoods[row + bin] > likelihoods[row + best]) {
          best = bin;
        }
      }
      if (likelihoods[row + best] > THRESHOLD) {
        double sum = 0;
        double weight = 0;
        for (int near = best - NEIGHBOURS; near <= best + NEIGHBOURS; near++) {
          int bin = Math.max(0, Math.min(bins - 1, near)); // the outermost bins count repeatedly
          sum += (double) cents[bin] * likelihoods[row + bin];
          weight += likelihoods[row + bin];
        }
        hertz[t] = (float) (10 * Math.pow(2, sum / weight / 1200));
      }
    }
    return hertz;
  }

  /** Whether the pitch of each frame is one of a voice. */
  static boolean[] voiced(float[] hertz) {
    boolean[] voiced = new boolean[hertz.length];
    for (int t = 0; t < hertz.length; t++) {
      voiced[t] = hertz[t] >= LOWEST;
    }
    return voiced;
  }

  /** Fills what is unvoiced and cuts what is too high. */
  static void complete(float[] hertz, boolean[] voiced) {
    fill(hertz, voiced);
    for (int t = 0; t < hertz.length; t++) {
      hertz[t] = Math.min(hertz[t], HIGHEST);
    }
  }

  /**
   * Puts values on straight lines between voiced neighbours into unvoiced frames, the nearest
   * voiced value before the first and after the last; zeros where nothing is voiced.
   */
  static void fill(float[] hertz, boolean[] voiced) {
    int last = -1;
    for (int t = 0; t <= hertz.length; t++) {
      if (t < hertz.length && !voiced[t]) {
        continue;
      }
      for (int gap = last + 1; gap < t; gap++) {
        if (last < 0) {
          hertz[gap] = t < hertz.length ? hertz[t] : 0;
        } else if (t == hertz.length) {
          hertz[gap] = hertz[last];
        } else {
          hertz[gap] = hertz[last] + (gap - last) * (hertz[t] - hertz[last]) / (t - last);
        }
      }
      last = t;
    }
  }

  /**
   * Nearest neighbours, by libtorch itself because its rounding in float32 is part of the result.
   */
  private static PitchContour stretch(float[] hertz, boolean[] voiced, int frames) {
    float[] both = new float[2 * hertz.length];
    System.arraycopy(hertz, 0, both, 0, hertz.length);
    for (int t = 0; t < voiced.length; t++) {
      both[hertz.length + t] = voiced[t] ? 1 : 0;
    }
    Tensor stacked = Tensors.of(both, 1, 2, hertz.length);
    Tensor stretched = torch.upsample_nearest1d(stacked, new long[] {frames}, new DoubleOptional());
    float[] values = Tensors.floats(stretched); // [1, 2, frames]
    float[] longHertz = new float[frames];
    boolean[] longVoiced = new boolean[frames];
    for (int t = 0; t < frames; t++) {
      longHertz[t] = values[t];
      longVoiced[t] = values[frames + t] != 0;
    }
    return new PitchContour(longHertz, longVoiced);
  }
}

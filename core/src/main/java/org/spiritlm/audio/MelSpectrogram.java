package org.spiritlm.audio;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Log-mel spectrogram as HiFi-GAN's recipe takes it: magnitudes of a Hann-windowed Fourier
 * transform over mirrored edges, Slaney's mel filters of unit area, natural logarithm.
 *
 * <p>Shapes: S samples, T = S / hop + 1 frames, M mels.
 */
public final class MelSpectrogram {
  /** Added to squared magnitudes so that the root is differentiable at zero. */
  private static final double POWER_FLOOR = 1e-9;

  /** Energies below this are taken for it before the logarithm. */
  private static final double ENERGY_FLOOR = 1e-5;

  private final Config config;
  private final Tensor window; // [N], the window in the middle of the Fourier transform's length
  private final Tensor filters; // [N/2 + 1, M]

  /**
   * Settings.
   *
   * @param sampleRate of the audio (Hz)
   * @param mels number of filters
   * @param fftSize length of the Fourier transform (samples)
   * @param windowSize length of the Hann window (samples), at most the transform's
   * @param hopSize distance of frames (samples)
   * @param lowest lower edge of the first filter (Hz)
   * @param highest upper edge of the last filter (Hz)
   */
  public record Config(
      int sampleRate,
      int mels,
      int fftSize,
      int windowSize,
      int hopSize,
      double lowest,
      double highest) {
    public Config {
      if (mels < 1
          || hopSize < 1
          || windowSize < hopSize
          || fftSize < windowSize
          || lowest < 0
          || highest <= lowest
          || sampleRate < 2 * highest) {
        throw new InputException(
            "mel settings do not fit together: expected 0 < hop <= window <= fft samples and"
                + " 0 <= fmin < fmax <= rate / 2 Hz, found hop "
                + hopSize
                + ", window "
                + windowSize
                + ", fft "
                + fftSize
                + ", fmin "
                + lowest
                + ", fmax "
                + highest
                + ", rate "
                + sampleRate
                + ", mels "
                + mels);
      }
    }

    /** Frames of an audio of this length. */
    public int frames(int samples) {
      return samples / hopSize + 1;
    }
  }

  public MelSpectrogram(Config config) {
    this.config = config;
    try (Scope scope = Scope.open()) {
      float[] hann = new float[config.fftSize()];
      int before = (config.fftSize() - config.windowSize()) / 2;
      for (int i = 0; i < config.windowSize(); i++) {
        hann[before + i] = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * i / config.windowSize()));
      }
      this.window = Scope.detach(Tensors.of(hann));
      float[] filters = filters(config);
      Tensor byFilter = Tensors.of(filters, config.mels(), config.fftSize() / 2 + 1); // [M, N/2+1]
      this.filters = Scope.detach(byFilter.t().contiguous());
    }
  }

  /** The settings. */
  public Config config() {
    return config;
  }

  /**
   * Log-mel energies, [T, M], of at least one sample.
   *
   * <p>An audio shorter than the mirrored edges is padded with zeros instead.
   */
  public Tensor forward(float[] samples) {
    if (samples.length == 0) {
      throw new IllegalArgumentException("no samples");
    }
    try (Scope scope = Scope.open()) {
      Tensor padded = Tensors.of(pad(samples));
      Tensor frames = padded.unfold(0, config.fftSize(), config.hopSize()); // [T, N]
      Tensor spectrum =
          torch.fft_rfft(frames.mul(window), new LongOptional(), -1, new StringViewOptional());
      Tensor power =
          torch
              .view_as_real(spectrum) // [T, N/2 + 1, 2]
              .square()
              .sum(new long[] {-1}, false, new ScalarTypeOptional());
      Tensor magnitude = power.add_(Tensors.scalar(POWER_FLOOR)).sqrt_(); // [T, N/2 + 1]
      Tensor mel = magnitude.matmul(filters); // [T, M]
      mel.clamp_min_(Tensors.scalar(ENERGY_FLOOR)).log_();
      return scope.keep(fit(mel, config.frames(samples.length)));
    }
  }

  /**
   * Log-mel energies, [B, T, M], of a batch of audios of one length, [B, S]; they carry gradients
   * to the samples. The audios must be longer than the mirrored edges, as those of at least a
   * window are. These are the frames of {@link #forward(float[])} without the one that it repeats
   * at the end, S / hop where the window is as long as the transform.
   */
  public Tensor forward(Tensor samples) {
    int edge = config.windowSize() - config.hopSize();
    try (Scope scope = Scope.open()) {
      Tensor padded = torch.reflection_pad1d(samples, edge / 2, (edge + 1) / 2);
      Tensor frames = padded.unfold(1, config.fftSize(), config.hopSize()); // [B, T, N]
      Tensor windowed = frames.mul(beside(window, samples));
      Tensor power =
          torch
              .view_as_real(
                  torch.fft_rfft(windowed, new LongOptional(), -1, new StringViewOptional()))
              .square()
              .sum(new long[] {-1}, false, new ScalarTypeOptional()); // [B, T, N/2 + 1]
      Tensor magnitude = power.add(Tensors.scalar(POWER_FLOOR)).sqrt();
      Tensor mel = magnitude.matmul(beside(filters, samples)); // [B, T, M]
      return scope.keep(mel.clamp_min(Tensors.scalar(ENERGY_FLOOR)).log());
    }
  }

  /** A constant where other values lie. */
  private static Tensor beside(Tensor constant, Tensor values) {
    return values.is_cpu() ? constant : constant.to(values.device(), values.scalar_type());
  }

  /** The last frame repeated once where one is missing, or frames cut off. */
  private static Tensor fit(Tensor mel, int frames) {
    long found = mel.size(0);
    return found < frames
        ? Tensors.cat(List.of(mel, mel.narrow(0, found - 1, 1)), 0)
        : mel.narrow(0, 0, frames);
  }

  private float[] pad(float[] samples) {
    int edge = config.windowSize() - config.hopSize();
    int before = edge / 2;
    int after = Math.max((edge + 1) / 2, config.fftSize() - samples.length - before);
    float[] padded = new float[before + samples.length + after];
    System.arraycopy(samples, 0, padded, before, samples.length);
    if (after < samples.length) {
      for (int i = 1; i <= before; i++) {
        padded[before - i] = samples[i];
      }
      int end = before + samples.length;
      for (int i = 0; i < after; i++) {
        padded[end + i] = samples[samples.length - 2 - i];
      }
    }
    return padded;
  }

  /** Triangles of unit area between neighbours on the mel scale, [M, N/2 + 1] row by row. */
  private static float[] filters(Config config) {
    int bins = config.fftSize() / 2 + 1;
    double[] edges = new double[config.mels() + 2];
    double low = toMel(config.lowest());
    double high = toMel(config.highest());
    for (int i = 0; i < edges.length; i++) {
      edges[i] = toHertz(low + (high - low) * i / (edges.length - 1));
    }
    float[] filters = new float[config.mels() * bins];
    for (int mel = 0; mel < config.mels(); mel++) {
      double height = 2 / (edges[mel + 2] - edges[mel]);
      for (int bin = 0; bin < bins; bin++) {
        double hertz = (double) bin * config.sampleRate() / config.fftSize();
        double rising = (hertz - edges[mel]) / (edges[mel + 1] - edges[mel]);
        double falling = (edges[mel + 2] - hertz) / (edges[mel + 2] - edges[mel + 1]);
        filters[mel * bins + bin] = (float) (height * Math.max(0, Math.min(rising, falling)));
      }
    }
    return filters;
  }

  // Slaney's scale (Auditory Toolbox, 1998): linear to 1000 Hz, then logarithmic.
  private static final double HERTZ_PER_MEL = 200.0 / 3;
  private static final double BREAK_HERTZ = 1000;
  private static final double BREAK_MEL = BREAK_HERTZ / HERTZ_PER_MEL;
  private static final double LOG_STEP = Math.log(6.4) / 27;

  private static double toMel(double hertz) {
    return hertz < BREAK_HERTZ
        ? hertz / HERTZ_PER_MEL
        : BREAK_MEL + Math.log(hertz / BREAK_HERTZ) / LOG_STEP;
  }

  private static double toHertz(double mel) {
    return mel < BREAK_MEL
        ? mel * HERTZ_PER_MEL
        : BREAK_HERTZ * Math.exp((mel - BREAK_MEL) * LOG_STEP);
  }
}

package org.spiritlm.vocoder;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * The filter of a source-filter model of speech (Fant, 1960; with a network that drives it: Wang et
 * al., 2019; Engel et al., 2020): pieces of {@link Excitation} to sound.
 *
 * <p>For each step the network gives the logarithm of the magnitude at bands that are evenly spaced
 * on the mel scale, once for the harmonics, once for the noise; between bands it is a straight
 * line. The filter has the minimum phase that belongs to its magnitude, so that it only rings on:
 * that phase is a linear function of the logarithm, and so a product with a fixed matrix. Filtered
 * pieces are longer than their windows by what rings on, and overlap.
 *
 * <p>Shapes: T steps, K bands, N samples of a filtered piece.
 */
public final class SpectralFilter {
  /**
   * What a logarithm of 0 means: pieces of a mean square of 1 are louder than speech by so much.
   */
  private static final double LEVEL = -4;

  /** Logarithms above it are taken for it, that of a sound far beyond full scale. */
  private static final double HIGHEST = 8;

  private final SourceFilterConfig config;
  private final Tensor window; // [W]
  private final Tensor magnitudes; // [K, N/2 + 1], bands to bins
  private final Tensor phases; // [K, N/2 + 1], bands to the bins of the minimum phase

  /** Makes the constants; they belong to no scope. */
  public SpectralFilter(SourceFilterConfig config) {
    this.config = config;
    int size = config.response();
    int bins = size / 2 + 1;
    float[] hann = new float[config.window()];
    for (int i = 0; i < hann.length; i++) {
      hann[i] = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * (i + 0.5) / hann.length));
    }
    try (Scope scope = Scope.open()) {
      this.window = Scope.detach(Tensors.of(hann));
      this.magnitudes = Scope.detach(Tensors.of(hats(config.bands(), bins), config.bands(), bins));
      this.phases = Scope.detach(minimumPhase(magnitudes, size));
    }
  }

  /** Triangles over the bins, each 1 at its band and 0 at its neighbours, [K, N/2 + 1]. */
  private static float[] hats(int bands, int bins) {
    double[] centres = new double[bands]; // in bins
    double highest = mel(Audio.SPEECH_RATE / 2.0);
    for (int i = 0; i < bands; i++) {
      centres[i] = hertz(highest * i / (bands - 1)) * (bins - 1) / (Audio.SPEECH_RATE / 2.0);
    }
    float[] hats = new float[bands * bins];
    int upper = 1;
    for (int bin = 0; bin < bins; bin++) {
      while (upper < bands - 1 && centres[upper] < bin) {
        upper++;
      }
      double share = (bin - centres[upper - 1]) / (centres[upper] - centres[upper - 1]);
      share = Math.max(0, Math.min(1, share)); // the ends, which are rounded
      hats[(upper - 1) * bins + bin] = (float) (1 - share);
      hats[upper * bins + bin] = (float) share;
    }
    return hats;
  }

  /** O'Shaughnessy's scale (1987). */
  private static double mel(double hertz) {
    return 2595 * Math.log10(1 + hertz / 700);
  }

  private static double hertz(double mel) {
    return 700 * (Math.pow(10, mel / 2595) - 1);
  }

  /**
   * The minimum phases of logarithmic magnitudes, both [K, N/2 + 1], by their cepstra without
   * negative times (Oppenheim and Schafer, 1975).
   */
  private static Tensor minimumPhase(Tensor logarithms, int size) {
    LongOptional length = new LongOptional(size);
    Tensor cepstra = torch.fft_irfft(logarithms, length, -1, new StringViewOptional()); // [K, N]
    long half = size / 2;
    cepstra.narrow(1, 1, half - 1).mul_(Tensors.scalar(2));
    cepstra.narrow(1, half + 1, half - 1).zero_();
    return torch
        .view_as_real(torch.fft_rfft(cepstra, length, -1, new StringViewOptional()))
        .select(2, 1)
        .contiguous();
  }

  /**
   * Filters pieces; differentiable by the bands.
   *
   * @param bands logarithms of magnitudes, [..., T, 2 · K], those of the harmonics first
   * @param pulses pieces of the harmonics, [..., T, W]
   * @param noise pieces of the noise, [..., T, W]
   * @return the filtered pieces, [..., T, N], the first sample of each at that of its window
   */
  public Tensor forward(Tensor bands, Tensor pulses, Tensor noise) {
    try (Scope scope = Scope.open()) {
      Tensor harmonic = bands.narrow(-1, 0, config.bands());
      Tensor breath = bands.narrow(-1, config.bands(), config.bands());
      Tensor sum = filtered(harmonic, pulses).add(filtered(breath, noise));
      return scope.keep(
          torch.fft_irfft(sum, new LongOptional(config.response()), -1, new StringViewOptional()));
    }
  }

  /** The spectrum of filtered pieces, [..., T, N/2 + 1], complex. */
  private Tensor filtered(Tensor bands, Tensor pieces) {
    Tensor spectrum =
        torch.fft_rfft(
            pieces.mul(beside(window, pieces)),
            new LongOptional(config.response()),
            -1,
            new StringViewOptional());
    Tensor logarithm =
        bands
            .matmul(beside(magnitudes, bands))
            .add(Tensors.scalar(LEVEL))
            .clamp_max(Tensors.scalar(HIGHEST));
    return spectrum.mul(torch.polar(logarithm.exp(), bands.matmul(beside(phases, bands))));
  }

  /** A constant where other values lie. */
  private static Tensor beside(Tensor constant, Tensor values) {
    return values.is_cpu() ? constant : constant.to(values.device(), values.scalar_type());
  }
}

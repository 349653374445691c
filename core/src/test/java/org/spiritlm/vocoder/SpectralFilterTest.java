package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

class SpectralFilterTest {
  private static final SourceFilterConfig CONFIG = new SourceFilterConfig(160, 16);
  private final SpectralFilter filter = new SpectralFilter(CONFIG);

  /** One piece with these bands, the same for harmonics and noise, and an impulse in its middle. */
  private float[] response(float[] bands, boolean harmonic) {
    float[] both = new float[2 * bands.length];
    System.arraycopy(bands, 0, both, harmonic ? 0 : bands.length, bands.length);
    float[] impulse = new float[CONFIG.window()];
    impulse[CONFIG.window() / 2] = 1;
    float[] silence = new float[CONFIG.window()];
    try (Scope scope = Scope.open()) {
      return Tensors.floats(
          filter.forward(
              Tensors.of(both, 1, both.length),
              Tensors.of(harmonic ? impulse : silence, 1, impulse.length),
              Tensors.of(harmonic ? silence : impulse, 1, impulse.length)));
    }
  }

  private static float[] hilly(double height) {
    SplittableRandom random = new SplittableRandom(2);
    float[] bands = new float[CONFIG.bands()];
    for (int i = 0; i < bands.length; i++) {
      bands[i] = (float) (height * (random.nextDouble() - 0.5));
    }
    return bands;
  }

  /** The magnitude in the middle of the lowest, the highest and any other band is the band's. */
  @Test
  void magnitudesAreThoseOfTheBands() {
    for (boolean harmonic : new boolean[] {true, false}) {
      float[] bands = hilly(4);
      float[] response = response(bands, harmonic);
      int size = response.length;
      double highest = 2595 * Math.log10(1 + 8000 / 700.0);
      for (int band = 0; band < bands.length; band++) {
        double hertz = 700 * (Math.pow(10, highest * band / (bands.length - 1) / 2595) - 1);
        int bin = (int) Math.round(hertz * size / 16_000);
        double real = 0;
        double imaginary = 0;
        for (int i = 0; i < size; i++) {
          real += response[i] * Math.cos(2 * Math.PI * bin * i / size);
          imaginary += response[i] * Math.sin(2 * Math.PI * bin * i / size);
        }
        // a bin is up to half a bin beside the band, where the line has gone on a little
        assertThat(Math.log(Math.hypot(real, imaginary)))
            .as("band %d", band)
            .isEqualTo(bands[band] - 4, within(0.25));
      }
    }
  }

  /** Flat bands change the level alone. */
  @Test
  void aFlatFilterKeepsTheImpulse() {
    float[] response = response(new float[CONFIG.bands()], true);
    float[] expected = new float[response.length];
    expected[CONFIG.window() / 2] = (float) Math.exp(-4);
    Waves.assertClose(response, expected, 1e-6);
  }

  /** Nothing comes before the impulse, and most of the energy soon after it. */
  @Test
  void thePhaseIsMinimal() {
    float[] response = response(hilly(4), true);
    double before = energy(response, 0, CONFIG.window() / 2);
    double soon = energy(response, CONFIG.window() / 2, CONFIG.window() / 2 + 32);
    double all = energy(response, 0, response.length);
    assertThat(before / all).isLessThan(1e-4);
    assertThat(soon / all).isGreaterThan(0.9);
  }

  private static double energy(float[] samples, int from, int to) {
    double sum = 0;
    for (float sample : Arrays.copyOfRange(samples, from, to)) {
      sum += (double) sample * sample;
    }
    return sum;
  }
}

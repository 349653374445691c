package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

final class MelSpectrogramTest {
  private final MelSpectrogram mel =
      new MelSpectrogram(new MelSpectrogram.Config(16_000, 20, 256, 256, 64, 50, 7600));

  private static float[] noise(int samples, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] noise = new float[samples];
    for (int i = 0; i < samples; i++) {
      noise[i] = (float) random.nextDouble(-1, 1);
    }
    return noise;
  }

  /** A batch gives what each audio gives alone, as far as it goes. */
  @Test
  void batchesGiveWhatTheirAudiosGive() {
    int samples = 1280;
    float[] first = noise(samples, 1);
    float[] second = noise(samples, 2);
    float[] both = new float[2 * samples];
    System.arraycopy(first, 0, both, 0, samples);
    System.arraycopy(second, 0, both, samples, samples);
    try (Scope scope = Scope.open()) {
      Tensor batch = mel.forward(Tensors.of(both, 2, samples)); // [2, T, M]
      for (int i = 0; i < 2; i++) {
        float[] found = Tensors.floats(batch.select(0, i));
        float[] expected = Tensors.floats(mel.forward(i == 0 ? first : second));
        assertThat(found.length / 20).isEqualTo(samples / 64);
        for (int at = 0; at < found.length; at++) {
          assertThat(found[at]).isEqualTo(expected[at], within(1e-5f));
        }
      }
    }
  }

  /** The gradient is the slope: what a small step along it adds. */
  @Test
  void batchesCarryGradients() {
    int samples = 640;
    try (Scope scope = Scope.open()) {
      Tensor audio = Tensors.of(noise(samples, 3), 1, samples).set_requires_grad(true);
      Tensor sum = mel.forward(audio).sum();
      sum.backward();
      Tensor gradient = audio.grad();
      double length = gradient.norm().item_double();
      double step = 1e-3 / length;
      Tensor ahead = audio.detach().add(gradient.mul(Tensors.scalar(step)));
      Tensor behind = audio.detach().sub(gradient.mul(Tensors.scalar(step)));
      double risen = mel.forward(ahead).sum().sub(mel.forward(behind).sum()).item_double();
      assertThat(risen).isEqualTo(2e-3 * length, within(0.1 * 2e-3 * length));
    }
  }
}

package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DropoutTest {
  private static final int MANY = 400_000;

  private static float[] ofOnes(int count, double share, long seed) {
    try (Scope scope = Scope.open()) {
      Tensor ones = torch.ones(new long[] {count, 1}, Tensors.options(DType.F32));
      return Tensors.floats(Dropout.of(ones, share, Device.CPU.random(seed)));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.001, 0.05, 0.1, 0.5, 0.9})
  void leavesOutTheShareAndKeepsTheMean(double share) {
    float[] values = ofOnes(MANY, share, 11);
    int zeros = 0;
    for (float value : values) {
      if (value == 0) {
        zeros++;
      } else {
        assertThat(value).isEqualTo((float) (1 / (1 - share)), within(1e-5f));
      }
    }
    double deviation = Math.sqrt(share * (1 - share) / MANY);
    assertThat((double) zeros / MANY).isEqualTo(share, within(5 * deviation + 1e-5));
  }

  /** Values that one random number decides about do not go together. */
  @Test
  void neighboursAreIndependent() {
    float[] values = ofOnes(MANY, 0.5, 12);
    for (int distance = 1; distance <= 4; distance++) {
      int same = 0;
      for (int i = distance; i < values.length; i++) {
        same += values[i] == values[i - distance] ? 1 : 0;
      }
      double expected = MANY - distance;
      assertThat(same / expected).isEqualTo(0.5, within(5 * 0.5 / Math.sqrt(expected)));
    }
  }

  @Property(tries = 100)
  void everyShapeIsServedAndTheSeedDecides(
      @ForAll @IntRange(min = 0, max = 70) int count,
      @ForAll @DoubleRange(min = 0, max = 0.99) double share,
      @ForAll long seed) {
    float[] values = ofOnes(count, share, seed);
    assertThat(values).hasSize(count).containsExactly(ofOnes(count, share, seed));
  }

  @Test
  void seedsDiffer() {
    Set<Float> sums = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      float sum = 0;
      for (float value : ofOnes(1000, 0.5, seed)) {
        sum += value;
      }
      sums.add(sum);
    }
    assertThat(sums).hasSizeGreaterThan(10);
  }

  @Test
  void gradientsGoThroughWhatIsKept() {
    try (Scope scope = Scope.open()) {
      Tensor x = torch.ones(new long[] {50}, Tensors.options(DType.F32)).set_requires_grad(true);
      Tensor y = Dropout.of(x, 0.5, Device.CPU.random(3));
      y.sum().backward();
      assertThat(Tensors.floats(x.grad())).containsExactly(Tensors.floats(y.detach()));
    }
  }
}

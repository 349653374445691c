package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel that computes weights at once gives what the steps give, forwards and backwards. */
class WeightNormTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 7, 64})
  void atOnceIsStepByStep(long channels) {
    try (Scope scope = Scope.open()) {
      torch.manual_seed(channels);
      Tensor direction = torch.randn(channels, 5, 3);
      Tensor gain = torch.randn(channels, 1, 1);
      Tensor outer = torch.randn(channels, 5, 3);
      float[][] steps = results(WeightNorm::stepByStep, direction, gain, outer);
      float[][] once = results(WeightNorm::atOnce, direction, gain, outer);
      for (int i = 0; i < steps.length; i++) {
        assertThat(once[i]).containsExactly(steps[i], within(1e-5f));
      }
      assertThat(steps[0]).isEqualTo(results(WeightNorm::of, direction, gain, outer)[0]);
    }
  }

  /** The weights, and the gradients of both. */
  private static float[][] results(
      BinaryOperator<Tensor> way, Tensor direction, Tensor gain, Tensor outer) {
    Tensor v = direction.clone().set_requires_grad(true);
    Tensor g = gain.clone().set_requires_grad(true);
    Tensor weight = way.apply(v, g);
    weight.mul(outer).sum().backward();
    return new float[][] {
      Tensors.floats(weight), Tensors.floats(v.grad()), Tensors.floats(g.grad())
    };
  }
}

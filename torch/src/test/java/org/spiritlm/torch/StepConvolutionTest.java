package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is fastest for a weight gives what one operator after another gives. */
class StepConvolutionTest {
  private static final double SLOPE = 0.1;

  @ParameterizedTest
  @CsvSource({
    "16, 16, 7, 1, 100",
    "64, 64, 11, 5, 100",
    "32, 1, 7, 1, 100",
    "18, 12, 3, 3, 100",
    "1, 5, 2, 1, 100",
    "48, 20, 3, 1, 7"
  })
  void everyFormIsThatOfSeparateOperators(
      long in, long out, long kernel, long dilation, long length) {
    try (Scope scope = Scope.open()) {
      Weights random = Weights.initialise(1);
      Initializer keepsTheVariance = Initializer.normal(1 / Math.sqrt((double) in * kernel));
      Tensor weight = random.tensor("weight", keepsTheVariance, out, in, kernel);
      TensorOptional bias = new TensorOptional(random.tensor("bias", Initializer.normal(1), out));
      StepConvolution fast = StepConvolution.of(weight, bias, dilation, SLOPE, length);
      StepConvolution plain = new PlainStepConvolution(weight, bias, dilation, SLOPE);
      long reach = (kernel - 1) * dilation;
      for (long steps : new long[] {length, 1, 2 * length + 3}) {
        Tensor x = part(random, "x" + steps, steps + reach, in);
        assertClose(fast.forward(x), plain.forward(x));
        assertClose(fast.rectified(x), plain.rectified(x));
        Tensor sum = part(random, "sum" + steps, steps, out);
        Tensor expected = sum.clone();
        fast.addTo(sum, x);
        plain.addTo(expected, x);
        assertClose(sum, expected);
      }
    }
  }

  /** Steps [1, C, 1, T] within a longer tensor, as they lie in a buffer. */
  private static Tensor part(Weights random, String name, long steps, long channels) {
    Tensor rows = random.tensor(name, Initializer.normal(1), steps + 5, channels);
    return rows.t().unsqueeze(0).unsqueeze(2).narrow(3, 2, steps);
  }

  private static void assertClose(Tensor found, Tensor expected) {
    assertThat(Tensors.shape(found)).isEqualTo(Tensors.shape(expected));
    assertThat(found.sub(expected).abs().max().item_float()).isLessThan(1e-5f);
  }
}

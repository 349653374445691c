package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with weights in float16 are those of the bfloat16 values that they came from. */
class FbgemmProductTest {
  private static final int IN = 70;
  private static final int OUT = 37;

  private static Tensor random(int rows, int columns, double size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((random.nextDouble() - 0.5) * 2 * size);
    }
    return Tensors.of(values, rows, columns);
  }

  private static Tensor bfloat16(Tensor values) {
    return values.to(DType.BF16.scalarType());
  }

  /** Weights of any size, such as float16 alone does not hold. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-30, 1e-6, 0.05, 1, 60_000, 1e10, 1e30})
  void isTheProductOfBfloat16Values(double size) {
    assumeWorks();
    try (Scope scope = Scope.open()) {
      Tensor narrow = bfloat16(random(OUT, IN, size, 1));
      Tensor bias = random(1, OUT, size, 2).view(OUT);
      Tensor x = random(9, IN, 1, 3);
      FbgemmProduct product = new FbgemmProduct(narrow, bias);
      Tensor expected =
          torch.linear(x, narrow.to(DType.F32.scalarType()), new TensorOptional(bias));
      float[] found = Tensors.floats(product.forward(x));
      assertThat(found)
          .containsExactly(Tensors.floats(expected), within((float) (1e-5 * size * IN / 10)));
      // bfloat16 in, bfloat16 out
      Tensor rounded = product.forward(bfloat16(x));
      assertThat(DType.of(rounded)).isEqualTo(DType.BF16);
      assertThat(Tensors.floats(rounded.to(DType.F32.scalarType())))
          .containsExactly(Tensors.floats(expected), within((float) (0.01 * size * IN)));
    }
  }

  @Test
  void eachRowIsWhatItIsAlone() {
    assumeWorks();
    try (Scope scope = Scope.open()) {
      FbgemmProduct product = new FbgemmProduct(bfloat16(random(OUT, IN, 0.1, 1)), null);
      Tensor x = random(15, IN, 1, 3);
      Tensor together = product.forward(x);
      for (int i = 0; i < 15; i++) {
        assertThat(Tensors.floats(product.forward(x.narrow(0, i, 1))))
            .containsExactly(Tensors.floats(together.narrow(0, i, 1)), within(1e-6f));
      }
      assertThat(product.forward(x.view(3, 5, IN)).sizes().vec().get()).containsExactly(3, 5, OUT);
    }
  }

  @Test
  void whatIsBrokenStaysSo() {
    assumeWorks();
    try (Scope scope = Scope.open()) {
      Tensor weight = random(OUT, IN, 1, 1);
      weight.narrow(0, 0, 1).fill_(Tensors.scalar(Double.POSITIVE_INFINITY));
      float[] found = Tensors.floats(new FbgemmProduct(weight, null).forward(random(1, IN, 1, 2)));
      assertThat(found).doesNotContain(0f).contains(Float.NaN);
    }
  }

  private static void assumeWorks() {
    assumeThat(FbgemmProduct.works()).as("FBGEMM, which x86 has").isTrue();
  }
}

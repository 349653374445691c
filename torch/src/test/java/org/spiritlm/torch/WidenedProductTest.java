package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bfloat16 product that is computed in float32, piece by piece, is that product. */
class WidenedProductTest {
  private final Random random = new Random(7);

  /** Values of which sums of thousands of products are exact in float32. */
  private Tensor filled(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(33) / 16f - 1;
    }
    return Tensors.of(values, shape).to(DType.BF16.scalarType());
  }

  private static float[] product(Tensor x, Tensor weight, TensorOptional bias) {
    Tensor wide = torch.linear(wide(x), wide(weight), new TensorOptional());
    if (bias.has_value()) {
      wide = wide.add(wide(bias.get()));
    }
    return Tensors.floats(wide.to(DType.BF16.scalarType()));
  }

  private static Tensor wide(Tensor x) {
    return x.to(DType.F32.scalarType());
  }

  @ParameterizedTest(name = "{0} to {1}, bias {2}")
  @CsvSource({"16,8,true", "800,3000,true", "800,3000,false", "800,2620,false", "5000,3,true"})
  void isTheProduct(long in, long out, boolean withBias) {
    Tensor weight = filled(out, in);
    TensorOptional bias = withBias ? new TensorOptional(filled(out)) : new TensorOptional();
    Tensor x = filled(13, in);

    Tensor y = WidenedProduct.linear(x, weight, bias);

    assertThat(DType.of(y)).isEqualTo(DType.BF16);
    assertThat(y.sizes().vec().get()).containsExactly(13, out);
    assertThat(Tensors.floats(y)).isEqualTo(product(x, weight, bias));
  }

  @Test
  void rowsMayHaveAnyShape() {
    Tensor weight = filled(5, 4);
    Tensor x = filled(3, 7, 4);

    Tensor y = WidenedProduct.linear(x, weight, new TensorOptional());

    assertThat(y.sizes().vec().get()).containsExactly(3, 7, 5);
    assertThat(Tensors.floats(y)).isEqualTo(product(x, weight, new TensorOptional()));
  }

  @ParameterizedTest(name = "{0} rows")
  @CsvSource({"1", "11", "12", "64"})
  void rowsAreMultipliedAlikeHoweverManyThereAre(long rows) {
    Tensor weight = filled(40, 24);
    Tensor x = filled(rows, 24);

    assertThat(Tensors.floats(Linear.of(weight).forward(x)))
        .isEqualTo(product(x, weight, new TensorOptional()));
  }

  @Test
  void whatLearnsKeepsItsGradients() {
    Tensor weight = filled(5, 4);
    Tensor x = filled(64, 4).requires_grad_(true);

    Linear.of(weight).forward(x).sum().backward();

    assertThat(x.grad().defined()).isTrue();
  }
}

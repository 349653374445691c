package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions against their plain formula. */
class ConvolutionTest {
  private static final int BATCH = 2;
  private static final int TIME = 19;

  private final Random random = new Random(5);

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** y[b,o,t] = bias[o] + sum of w[o,i,k] x[b, i of the group, t stride + k dilation - padding]. */
  private static double[] plain(
      Convolution.Shape s, float[] x, float[] w, float[] bias, int length) {
    int in = (int) (s.in() / s.groups());
    int out = (int) (s.out() / s.groups());
    double[] y = new double[BATCH * (int) s.out() * length];
    for (int b = 0; b < BATCH; b++) {
      for (int o = 0; o < s.out(); o++) {
        for (int t = 0; t < length; t++) {
          double sum = s.bias() ? bias[o] : 0;
          for (int i = 0; i < in; i++) {
            for (int k = 0; k < s.kernel(); k++) {
              long at = t * s.stride() + k * s.dilation() - s.padding();
              if (at >= 0 && at < TIME) {
                int channel = o / out * in + i;
                sum +=
                    (double) w[(int) ((o * in + i) * s.kernel()) + k]
                        * x[(int) ((b * s.in() + channel) * TIME + at)];
              }
            }
          }
          y[(int) ((b * s.out() + o) * length) + t] = sum;
        }
      }
    }
    return y;
  }

  /**
   * The same sum, given to the outputs rather than taken from the inputs: w[i, o of the group, k].
   */
  private static double[] plainTransposed(
      Convolution.Shape s, float[] x, float[] w, float[] bias, int length) {
    int in = (int) (s.in() / s.groups());
    int out = (int) (s.out() / s.groups());
    double[] y = new double[BATCH * (int) s.out() * length];
    for (int b = 0; b < BATCH; b++) {
      for (int o = 0; o < s.out() && s.bias(); o++) {
        Arrays.fill(
            y, (int) ((b * s.out() + o) * length), (int) ((b * s.out() + o + 1) * length), bias[o]);
      }
      for (int i = 0; i < s.in(); i++) {
        for (int o = 0; o < out; o++) {
          for (int t = 0; t < TIME; t++) {
            for (int k = 0; k < s.kernel(); k++) {
              long at = t * s.stride() + k * s.dilation() - s.padding();
              if (at >= 0 && at < length) {
                int channel = i / in * out + o;
                y[(int) ((b * s.out() + channel) * length + at)] +=
                    (double) w[(int) ((i * out + o) * s.kernel()) + k]
                        * x[(int) ((b * s.in() + i) * TIME) + t];
              }
            }
          }
        }
      }
    }
    return y;
  }

  private static Convolution.Shape shape(String text) {
    String[] n = text.split(" ", -1);
    Convolution.Shape shape =
        Convolution.Shape.of(Long.parseLong(n[0]), Long.parseLong(n[1]), Long.parseLong(n[2]))
            .stride(Long.parseLong(n[3]))
            .padding(Long.parseLong(n[4]))
            .dilation(Long.parseLong(n[5]))
            .groups(Long.parseLong(n[6]));
    return n[7].equals("bias") ? shape : shape.withoutBias();
  }

  /** In, out, kernel, stride, padding, dilation, groups. */
  @ParameterizedTest
  @CsvSource({
    "3 4 1 1 0 1 1 bias",
    "3 4 5 1 2 1 1 bias",
    "3 4 5 2 0 1 1 none",
    "3 4 3 1 4 3 1 bias",
    "4 6 4 3 2 2 2 bias",
    "6 6 3 1 1 1 6 none",
  })
  void isThePlainSum(String text) {
    for (boolean transposed : new boolean[] {false, true}) {
      Convolution.Shape shape = transposed ? shape(text).asTransposed() : shape(text);
      long[] size = shape.weightShape();
      float[] weight = values((int) (size[0] * size[1] * size[2]));
      float[] bias = values((int) shape.out());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("weight", Tensors.of(weight, size));
      if (shape.bias()) {
        tensors.put("bias", Tensors.of(bias));
      }
      Weights weights = Weights.of(new TensorMap("test", tensors));
      Convolution convolution = new Convolution(weights, shape);
      weights.finish();
      check(convolution, shape, weight, bias);
    }
  }

  private void check(Convolution convolution, Convolution.Shape s, float[] weight, float[] bias) {
    float[] x = values(BATCH * (int) s.in() * TIME);
    long reach = s.dilation() * (s.kernel() - 1) + 1;
    long length =
        s.transposed()
            ? (TIME - 1) * s.stride() - 2 * s.padding() + reach
            : (TIME + 2 * s.padding() - reach) / s.stride() + 1;
    double[] expected =
        s.transposed()
            ? plainTransposed(s, x, weight, bias, (int) length)
            : plain(s, x, weight, bias, (int) length);
    try (Scope scope = Scope.open()) {
      Tensor y = convolution.forward(Tensors.of(x, BATCH, s.in(), TIME));
      assertThat(Tensors.shape(y)).containsExactly(BATCH, s.out(), length);
      float[] found = Tensors.floats(y);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) found[i]).isCloseTo(expected[i], within(1e-4));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, weight_g, weight_v",
    "1, weight_g, weight_v",
    "2, weight_g, weight_v",
    "0, parametrizations.weight.original0, parametrizations.weight.original1",
  })
  void weightNormScalesEachSliceToItsGain(int axis, String gainName, String directionName) {
    Convolution.Shape shape = Convolution.Shape.of(2, 3, 4).weightNorm(axis);
    int[] size = {3, 2, 4};
    float[] direction = values(24);
    float[] gain = values(size[axis]);
    long[] gainShape = {1, 1, 1};
    gainShape[axis] = size[axis];
    float[] bias = values(3);
    double[] squares = new double[size[axis]];
    for (int i = 0; i < 24; i++) {
      squares[slice(i, axis)] += direction[i] * direction[i];
    }
    float[] folded = new float[24];
    for (int i = 0; i < 24; i++) {
      folded[i] =
          (float) (direction[i] * gain[slice(i, axis)] / Math.sqrt(squares[slice(i, axis)]));
    }
    Weights weights =
        Weights.of(
            new TensorMap(
                "test",
                Map.of(
                    gainName,
                    Tensors.of(gain, gainShape),
                    directionName,
                    Tensors.of(direction, 3, 2, 4),
                    "bias",
                    Tensors.of(bias))));
    Convolution convolution = new Convolution(weights, shape);
    weights.finish();

    assertThat(Tensors.floats(convolution.weight())).containsExactly(folded, within(1e-5f));
    check(convolution, shape, folded, bias);
  }

  /** The index along an axis of an element of [3, 2, 4]. */
  private static int slice(int element, int axis) {
    return new int[] {element / 8, element / 4 % 2, element % 4}[axis];
  }

  @Test
  void freshWeightNormBeginsWithOneLengthForAllSlices() {
    Weights weights = Weights.initialise(1);
    Convolution convolution = new Convolution(weights, Convolution.Shape.of(2, 3, 4).weightNorm(0));

    assertThat(weights.taken().keySet()).containsExactly("bias", "weight_g", "weight_v");
    float[] gain = Tensors.floats(weights.taken().get("weight_g"));
    // eight uniform values in [-1/sqrt(8), 1/sqrt(8)] have a mean square of 1/24
    assertThat(gain).containsExactly(new float[] {0.57735f, 0.57735f, 0.57735f}, within(1e-5f));
    double[] squares = new double[3];
    float[] folded = Tensors.floats(convolution.weight());
    for (int i = 0; i < folded.length; i++) {
      squares[slice(i, 0)] += folded[i] * folded[i];
    }
    assertThat(squares).containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-5));
  }
}

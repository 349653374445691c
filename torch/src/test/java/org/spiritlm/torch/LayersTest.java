package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products, norms and tables against their plain formulas. */
class LayersTest {
  private static final int ROWS = 3;
  private static final int WIDTH = 6;
  private static final double EPSILON = 1e-3;

  private final Random random = new Random(9);
  private final float[] x = values(ROWS * WIDTH);
  private final float[] weight = values(WIDTH);
  private final float[] bias = values(WIDTH);

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private Weights weightAndBias() {
    return Weights.of(
        new TensorMap("test", Map.of("weight", Tensors.of(weight), "bias", Tensors.of(bias))));
  }

  private static void close(Tensor found, float[] expected) {
    assertThat(Tensors.floats(found)).containsExactly(expected, within(1e-5f));
  }

  private static float[] product(float[] x, float[] w, float[] bias, int in, int out) {
    float[] y = new float[x.length / in * out];
    for (int row = 0; row < x.length / in; row++) {
      for (int o = 0; o < out; o++) {
        double sum = bias.length == 0 ? 0 : bias[o];
        for (int i = 0; i < in; i++) {
          sum += (double) x[row * in + i] * w[o * in + i];
        }
        y[row * out + o] = (float) sum;
      }
    }
    return y;
  }

  @Test
  void linearIsTheProductWithTheTransposedWeight() {
    float[] matrix = values(2 * WIDTH);
    float[] twoBias = values(2);
    Weights weights =
        Weights.of(
            new TensorMap(
                "test",
                Map.of(
                    "with.weight", Tensors.of(matrix, 2, WIDTH),
                    "with.bias", Tensors.of(twoBias),
                    "without.weight", Tensors.of(matrix, 2, WIDTH))));
    Linear with = new Linear(weights.at("with"), WIDTH, 2);
    Linear without = new Linear(weights.at("without"), WIDTH, 2, false);
    weights.finish();

    Tensor input = Tensors.of(x, ROWS, WIDTH);
    close(with.forward(input), product(x, matrix, twoBias, WIDTH, 2));
    close(without.forward(input), product(x, matrix, new float[0], WIDTH, 2));
    close(
        Linear.of(with.weight(), Tensors.of(twoBias)).forward(input),
        product(x, matrix, twoBias, WIDTH, 2));
    assertThatThrownBy(() -> new Linear(weights.at("without"), WIDTH, 2))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tensor 'without.bias' of shape [2] is missing");
  }

  @ParameterizedTest
  @CsvSource({
    "weight_g, weight_v",
    "parametrizations.weight.original0, parametrizations.weight.original1"
  })
  void weightNormScalesEachRowToItsGain(String gainName, String directionName) {
    float[] direction = values(2 * WIDTH);
    float[] gain = {2, -0.5f};
    float[] twoBias = values(2);
    float[] folded = new float[2 * WIDTH];
    for (int row = 0; row < 2; row++) {
      double squares = 0;
      for (int i = 0; i < WIDTH; i++) {
        squares += direction[row * WIDTH + i] * direction[row * WIDTH + i];
      }
      for (int i = 0; i < WIDTH; i++) {
        folded[row * WIDTH + i] =
            (float) (gain[row] * direction[row * WIDTH + i] / Math.sqrt(squares));
      }
    }
    Weights weights =
        Weights.of(
            new TensorMap(
                "test",
                Map.of(
                    gainName,
                    Tensors.of(gain, 2, 1),
                    directionName,
                    Tensors.of(direction, 2, WIDTH),
                    "bias",
                    Tensors.of(twoBias))));
    Linear linear = Linear.weightNorm(weights, WIDTH, 2);
    weights.finish();
    close(linear.forward(Tensors.of(x, ROWS, WIDTH)), product(x, folded, twoBias, WIDTH, 2));
  }

  @Test
  void layerNormHasMeanZeroAndVarianceOneBeforeItsWeight() {
    float[] expected = new float[x.length];
    for (int row = 0; row < ROWS; row++) {
      double mean = 0;
      double squares = 0;
      for (int i = 0; i < WIDTH; i++) {
        mean += x[row * WIDTH + i] / WIDTH;
      }
      for (int i = 0; i < WIDTH; i++) {
        squares += Math.pow(x[row * WIDTH + i] - mean, 2) / WIDTH;
      }
      for (int i = 0; i < WIDTH; i++) {
        double norm = (x[row * WIDTH + i] - mean) / Math.sqrt(squares + EPSILON);
        expected[row * WIDTH + i] = (float) (norm * weight[i] + bias[i]);
      }
    }
    Normalization norm = Normalization.layer(weightAndBias(), WIDTH, EPSILON);
    close(norm.forward(Tensors.of(x, ROWS, WIDTH)), expected);
  }

  /** Several rows, one of them so small that epsilon counts, and each by itself. */
  @Test
  void rmsNormDividesByTheRootOfTheMeanSquare() {
    float[] given = x.clone();
    float[] expected = new float[given.length];
    for (int row = 0; row < ROWS; row++) {
      double squares = 0;
      for (int i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
        given[i] *= row == 1 ? 0.01f : 1;
        squares += Math.pow(given[i], 2) / WIDTH;
      }
      for (int i = 0; i < WIDTH; i++) {
        expected[row * WIDTH + i] =
            (float) (given[row * WIDTH + i] / Math.sqrt(squares + EPSILON) * weight[i]);
      }
    }
    Weights weights = weightAndBias();
    Normalization norm = Normalization.rms(weights, WIDTH, EPSILON);
    weights.finish(name -> name.equals("bias")); // it takes none
    Tensor rows = Tensors.of(given, ROWS, WIDTH);
    close(norm.forward(rows), expected);
    for (int row = 0; row < ROWS; row++) {
      close(
          norm.forward(rows.narrow(0, row, 1)),
          Arrays.copyOfRange(expected, row * WIDTH, (row + 1) * WIDTH));
    }
  }

  /** Over [B, C, T], where each group of channels is one set of values. */
  @Test
  void groupNormIsOverTheChannelsOfAGroupAndTheirTime() {
    int time = 5;
    float[] input = values(2 * WIDTH * time);
    float[] expected = new float[input.length];
    int group = WIDTH / 3 * time;
    for (int start = 0; start < input.length; start += group) {
      double mean = 0;
      double squares = 0;
      for (int i = start; i < start + group; i++) {
        mean += input[i] / group;
      }
      for (int i = start; i < start + group; i++) {
        squares += Math.pow(input[i] - mean, 2) / group;
      }
      for (int i = start; i < start + group; i++) {
        int channel = i / time % WIDTH;
        double norm = (input[i] - mean) / Math.sqrt(squares + EPSILON);
        expected[i] = (float) (norm * weight[channel] + bias[channel]);
      }
    }
    Normalization norm = Normalization.group(weightAndBias(), 3, WIDTH, EPSILON);
    close(norm.forward(Tensors.of(input, 2, WIDTH, time)), expected);
  }

  @Test
  void embeddingPicksRows() {
    float[] table = values(4 * WIDTH);
    Embedding embedding =
        new Embedding(
            Weights.of(new TensorMap("test", Map.of("weight", Tensors.of(table, 4, WIDTH)))),
            4,
            WIDTH);
    float[] found = Tensors.floats(embedding.forward(Tensors.of(new long[] {3, 0}, 1, 2)));
    for (int i = 0; i < WIDTH; i++) {
      assertThat(found[i]).isEqualTo(table[3 * WIDTH + i]);
      assertThat(found[WIDTH + i]).isEqualTo(table[i]);
    }
    assertThat(Tensors.shape(embedding.weight())).containsExactly(4, WIDTH);
  }

  @Test
  void layersOutliveTheScopeInWhichTheyAreMade() {
    Weights weights = Weights.initialise(1);
    Linear linear;
    Normalization norm;
    Convolution convolution;
    try (Scope scope = Scope.open()) {
      linear = new Linear(weights.at("l"), WIDTH, WIDTH);
      norm = Normalization.layer(weights.at("n"), WIDTH, EPSILON);
      convolution = new Convolution(weights.at("c"), Convolution.Shape.of(ROWS, 1, 1));
    }
    try (Scope scope = Scope.open()) {
      Tensor y = norm.forward(linear.forward(Tensors.of(x, ROWS, WIDTH)));
      assertThat(Tensors.floats(convolution.forward(y.unsqueeze(0)))).hasSize(WIDTH);
    }
  }
}

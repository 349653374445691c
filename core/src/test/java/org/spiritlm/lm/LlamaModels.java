package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.spiritlm.Golden;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** Language models for tests. */
final class LlamaModels {
  /** Two layers, two query heads to a key head. */
  static final LlamaConfig SMALL =
      new LlamaConfig(
          96, 32, 2, 4, 2, 8, 48, 1e-5, 10_000, new RopeScaling.None(), 64, false, false, false);

  private static final Map<String, LlamaModel> LOADED = new ConcurrentHashMap<>();

  private LlamaModels() {}

  /** A random model. */
  static LlamaModel random(LlamaConfig config) {
    return new LlamaModel(Weights.initialise(7), config);
  }

  /** A model of the parity set, computed in float32. */
  static LlamaModel parity(String variant) {
    return parity(variant, DType.F32);
  }

  /** The same, computed in a type. */
  static LlamaModel parity(String variant, DType dtype) {
    return LOADED.computeIfAbsent(variant + " " + dtype, key -> load(variant, dtype));
  }

  /** A random model whose logits differ by much. */
  static LlamaModel varied(LlamaConfig config) {
    return scaled(config, 10);
  }

  /** A model whose logits are all zero. */
  static LlamaModel silent(LlamaConfig config) {
    return scaled(config, 0);
  }

  private static LlamaModel scaled(LlamaConfig config, double factor) {
    Weights weights = Weights.initialise(7);
    LlamaModel model = new LlamaModel(weights, config);
    try (Scope scope = Scope.open()) {
      weights
          .taken()
          .forEach(
              (name, tensor) -> {
                if (!name.contains("norm")) {
                  tensor.mul_(new Scalar(factor));
                }
              });
    }
    return model;
  }

  /** Reads ids after those in the cache; the logits after each of them. */
  static float[][] read(LlamaModel model, KvCache cache, int... ids) {
    return read(model, List.of(new Piece(ids, cache))).get(0);
  }

  /** Reads several pieces at once; the logits after each id of each. */
  static List<float[][]> read(LlamaModel model, List<Piece> pieces) {
    try (Scope scope = Scope.open()) {
      float[][] all =
          rows(Tensors.floats(model.logits(model.read(pieces))), model.config().vocabulary());
      List<float[][]> each = new ArrayList<>();
      int from = 0;
      for (Piece piece : pieces) {
        each.add(Arrays.copyOfRange(all, from, from + piece.ids().length));
        from += piece.ids().length;
      }
      assertThat(from).isEqualTo(all.length);
      return each;
    }
  }

  /** The logits after each id of a sequence that is read at once. */
  static float[][] logits(LlamaModel model, int... ids) {
    try (KvCache cache = model.cache(ids.length)) {
      return read(model, cache, ids);
    }
  }

  static float[][] rows(float[] values, int width) {
    float[][] rows = new float[values.length / width][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
    }
    return rows;
  }

  static void assertClose(float[][] actual, float[][] expected, double tolerance) {
    assertThat(actual).hasNumberOfRows(expected.length);
    assertThat(difference(actual, expected)).isLessThanOrEqualTo(tolerance);
  }

  /** The largest; NaN where there is one. */
  static double difference(float[][] actual, float[][] expected) {
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).hasSameSizeAs(expected[i]);
      for (int j = 0; j < expected[i].length; j++) {
        largest = Math.max(largest, Math.abs(actual[i][j] - expected[i][j]));
      }
    }
    return largest;
  }

  /** In double precision. */
  static double[] logSoftmax(float... logits) {
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - highest);
    }
    double[] values = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      values[i] = logits[i] - highest - Math.log(sum);
    }
    return values;
  }

  static int[] join(int[] first, int... second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private static LlamaModel load(String variant, DType dtype) {
    ModelDirectory directory = ModelDirectory.open(Golden.path("checkpoints"), variant);
    ConfigFile config = ConfigFile.read(directory.languageModelDirectory().resolve("config.json"));
    return new LlamaModel(directory.languageModelWeights().as(dtype), LlamaConfig.read(config));
  }
}

package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;

/** Gradients that are found by hand are those that libtorch finds. */
final class LearningPassTest {
  private static final LlamaConfig CONFIG = LlamaModels.SMALL;
  private static final double ROUNDING = 0.03;

  @Property(tries = 20)
  void gradientsAreLibtorchs(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 40) Integer> lengths,
      @ForAll long seed,
      @ForAll boolean recompute,
      @ForAll boolean byHand) {
    List<Piece> pieces = pieces(lengths, seed);
    Map<String, float[]> expected = automatic(pieces, seed);
    assertNear(learnt(pieces, seed, recompute, byHand), expected, 1e-4);
  }

  @Test
  void roundedOnesAreNear() {
    List<Piece> pieces = pieces(List.of(40, 40, 7), 3);
    Map<String, float[]> exact = automatic(pieces, 3);
    Torch.precision(Torch.Precision.BFLOAT16);
    try {
      assertNear(learnt(pieces, 3, false, true), exact, ROUNDING);
      assertNear(automatic(pieces, 3), exact, ROUNDING);
    } finally {
      Torch.precision(Torch.Precision.FULL);
    }
  }

  @Test
  void anEmptyStateHasNoGradientThatIsNotANumber() {
    Weights weights = Weights.initialise(7).trained();
    new LlamaModel(weights, CONFIG); // takes the tensors
    try (Scope scope = Scope.open()) {
      weights.taken().get("model.embed_tokens.weight").detach().zero_();
      Map<String, float[]> found = learnt(weights, pieces(List.of(5), 1), 1, false, true);
      found.forEach((name, values) -> assertThat(values).as(name).doesNotContain(Float.NaN));
    }
  }

  private static List<Piece> pieces(List<Integer> lengths, long seed) {
    Random random = new Random(seed);
    List<Piece> pieces = new ArrayList<>();
    for (int length : lengths) {
      pieces.add(Piece.alone(random.ints(length, 0, CONFIG.vocabulary()).toArray()));
    }
    return pieces;
  }

  private static Tensor direction(List<Piece> pieces, long seed) {
    int rows = pieces.stream().mapToInt(piece -> piece.ids().length).sum();
    float[] values = new float[rows * CONFIG.width()];
    Random random = new Random(seed + 1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.of(values, rows, CONFIG.width());
  }

  private static Map<String, float[]> automatic(List<Piece> pieces, long seed) {
    Weights weights = Weights.initialise(7).trained();
    LlamaModel model = new LlamaModel(weights, CONFIG);
    try (Scope scope = Scope.open()) {
      Gradients.backward(model.read(pieces), direction(pieces, seed));
      return gradients(weights);
    }
  }

  private static Map<String, float[]> learnt(
      List<Piece> pieces, long seed, boolean recompute, boolean byHand) {
    return learnt(Weights.initialise(7).trained(), pieces, seed, recompute, byHand);
  }

  private static Map<String, float[]> learnt(
      Weights weights, List<Piece> pieces, long seed, boolean recompute, boolean byHand) {
    LlamaModel model = new LlamaModel(weights, CONFIG);
    try (Scope scope = Scope.open();
        LearningPass pass = new LearningPass(model, pieces, recompute, byHand)) {
      Tensor last = pass.output().detach();
      last.set_requires_grad(true);
      Gradients.backward(pass.normalize(last), direction(pieces, seed));
      pass.backward(last.grad());
      return gradients(weights);
    }
  }

  private static Map<String, float[]> gradients(Weights weights) {
    Map<String, float[]> gradients = new TreeMap<>();
    weights
        .taken()
        .forEach(
            (name, tensor) -> {
              if (!name.equals("lm_head.weight")) {
                gradients.put(name, Tensors.floats(tensor.grad()));
              }
            });
    return gradients;
  }

  /**
   * Allows a share of a tensor's largest value. Of queries and keys of a single position nothing
   * but rounding is left, so that a hundredth of the largest value of all counts at least.
   */
  private static void assertNear(
      Map<String, float[]> found, Map<String, float[]> expected, double share) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    double ofAll =
        expected.values().stream().mapToDouble(LearningPassTest::largest).max().orElse(0);
    found.forEach(
        (name, values) -> {
          float[] exact = expected.get(name);
          float[] away = new float[exact.length];
          for (int i = 0; i < exact.length; i++) {
            away[i] = values[i] - exact[i];
          }
          double least = Math.max(largest(exact), ofAll / 100);
          assertThat(largest(away)).as(name).isLessThan(share * least);
        });
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}

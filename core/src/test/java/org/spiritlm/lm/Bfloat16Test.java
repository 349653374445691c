package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Weights;

/** Models in bfloat16, also with packed weights, give nearly what they give in float32. */
class Bfloat16Test {
  static final List<String> VARIANTS = LlamaVariant.NAMES;

  /** Of logits that spread over several units; bfloat16 has 8 bits. */
  private static final double NEAR = 0.35;

  private static final double MEAN = 0.04;

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void bothAreNearFloat32(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    for (Weights weights : List.of(variant.weights(), variant.weights().packed())) {
      LlamaModel model = variant.load(weights);
      assertThat(model.dtype()).isEqualTo(DType.BF16);
      assertNear(LlamaModels.logits(model, variant.ids()), variant.logits());
      assertNear(oneByOne(model, variant.ids()), variant.logits());
      // and not float32 after all
      float[][] found = LlamaModels.logits(model, variant.ids());
      assertThat(LlamaModels.difference(found, variant.logits())).isGreaterThan(1e-3);
    }
  }

  private static float[][] oneByOne(LlamaModel model, int... ids) {
    float[][] logits = new float[ids.length][];
    try (KvCache cache = model.cache(ids.length)) {
      for (int i = 0; i < ids.length; i++) {
        logits[i] = LlamaModels.read(model, cache, ids[i])[0];
      }
    }
    return logits;
  }

  private static void assertNear(float[][] actual, float[][] expected) {
    LlamaModels.assertClose(actual, expected, NEAR);
    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[i].length; j++) {
        sum += Math.abs(actual[i][j] - expected[i][j]);
      }
    }
    assertThat(sum / expected.length / expected[0].length).isLessThan(MEAN);
  }

  /** Packing is for bfloat16; it leaves other types as they are. */
  @ParameterizedTest
  @FieldSource("VARIANTS")
  void packedFloat32IsTheSame(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    LlamaModel packed = variant.load(variant.weights().as(DType.F32).packed());
    float[][] found = LlamaModels.logits(packed, variant.ids());
    float[][] expected = LlamaModels.logits(variant.model(), variant.ids());
    assertThat(Arrays.deepEquals(found, expected)).isTrue();
  }

  @ParameterizedTest
  @FieldSource("VARIANTS")
  void packedModelsAnswerAndScore(String name) {
    LlamaVariant variant = LlamaVariant.of(name);
    Weights weights = variant.weights().packed();
    LlamaModel packed = variant.load(weights);
    int[] prompt = Arrays.copyOf(variant.ids(), 9);
    Answer answer = new Generator(packed).generate(Request.greedy(prompt, 8));
    assertThat(answer.ids()).hasSize(8);
    double[] inBfloat16 = new Scorer(packed).score(new Scorer.Pair(prompt, answer.ids()));
    double[] inFloat32 = new Scorer(variant.model()).score(new Scorer.Pair(prompt, answer.ids()));
    assertThat(Arrays.stream(inBfloat16).sum() / 8)
        .isBetween(
            Arrays.stream(inFloat32).sum() / 8 - 0.1, Arrays.stream(inFloat32).sum() / 8 + 0.1);
    assertThatThrownBy(weights::taken)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("packed");
  }
}

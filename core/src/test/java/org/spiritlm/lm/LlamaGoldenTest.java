package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.spiritlm.Golden;
import org.spiritlm.prompt.ModalityMask;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Logits and scores are the reference's in both types, greedy answers are in float32. */
class LlamaGoldenTest {
  private static final Golden LM = Golden.load("lm");

  /** What the reference computed in: it rounds in other places in bfloat16 than we do. */
  private enum Type {
    FLOAT32(DType.F32),
    BFLOAT16(DType.BF16);

    private final DType dtype;

    Type(DType dtype) {
      this.dtype = dtype;
    }

    private LlamaModel model(String variant) {
      return LlamaModels.parity(variant, dtype);
    }

    private JsonNode of(JsonNode golden) {
      return golden.get(name().toLowerCase(Locale.ROOT));
    }

    private double tolerance(String what, String how) {
      return LM.at("tolerance", what + "_" + name().toLowerCase(Locale.ROOT), how).doubleValue();
    }

    private double logits() {
      return tolerance("logits", "max_abs");
    }

    private double sum(double expected) {
      return this == FLOAT32
          ? tolerance("logprob_sum", "max_abs")
          : tolerance("logprob_sum", "rel") * Math.abs(expected);
    }
  }

  @TestFactory
  Stream<DynamicTest> logits() {
    return Stream.of(Type.values())
        .flatMap(
            type ->
                each("prompts", "text", (variant, prompt) -> checkLogits(type, variant, prompt)));
  }

  private static void checkLogits(Type type, String variant, JsonNode prompt) {
    LlamaModel model = type.model(variant);
    int[] ids = LM.values(prompt.get("ids")).ints();
    JsonNode expected = type.of(prompt);
    double near = type.logits();
    float[] logits;
    try (Scope scope = Scope.open();
        KvCache cache = model.cache(ids.length)) {
      logits = Tensors.floats(model.next(List.of(new Piece(ids, cache))));
    }
    int[] top = LM.values(expected.get("top20_ids")).ints();
    double[] topLogits = LM.values(expected.get("top20_logits")).data();
    for (int i = 0; i < top.length; i++) {
      assertThat((double) logits[top[i]]).isCloseTo(topLogits[i], within(near));
    }
    float[] others = logits.clone();
    for (int id : top) {
      others[id] = Float.NEGATIVE_INFINITY;
    }
    double least = Arrays.stream(topLogits).min().orElseThrow();
    for (float other : others) {
      assertThat((double) other).isLessThan(least + near);
    }
    assertThat(logSumExp(logits)).isCloseTo(expected.get("logsumexp").doubleValue(), within(near));
    if (expected.has("logits_last")) {
      float[] all = LM.values(expected.get("logits_last")).floats();
      assertThat(logits).hasSameSizeAs(all);
      for (int i = 0; i < all.length; i++) {
        assertThat((double) logits[i]).as("id %d", i).isCloseTo(all[i], within(near));
      }
    }
  }

  private static double logSumExp(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }

  @TestFactory
  Stream<DynamicTest> scores() {
    return Stream.of(Type.values())
        .flatMap(
            type ->
                each(
                    "scores", "continuation", (variant, pair) -> checkScores(type, variant, pair)));
  }

  private static void checkScores(Type type, String variant, JsonNode score) {
    JsonNode expected = type.of(score);
    double[] scores =
        new Scorer(type.model(variant))
            .score(
                new Scorer.Pair(
                    LM.values(score.get("prompt_ids")).ints(),
                    LM.values(score.get("continuation_ids")).ints()));
    double[] wanted = LM.values(expected.get("token_logprobs")).data();
    assertThat(scores).containsExactly(wanted, within(type.logits()));
    double sum = Arrays.stream(scores).sum();
    double wantedSum = expected.get("sum").doubleValue();
    assertThat(sum).isCloseTo(wantedSum, within(type.sum(wantedSum)));
    double wantedMean = expected.get("mean_per_token").doubleValue();
    assertThat(sum / scores.length).isCloseTo(wantedMean, within(type.sum(wantedMean)));
    if (type == Type.FLOAT32) {
      double perplexity = expected.get("perplexity").doubleValue();
      assertThat(Math.exp(-sum / scores.length))
          .isCloseTo(
              perplexity, within(type.tolerance("perplexity", "rel") * Math.abs(perplexity)));
    }
  }

  @TestFactory
  Stream<DynamicTest> greedyAnswers() {
    return each("generation", "name", LlamaGoldenTest::checkAnswer);
  }

  private static void checkAnswer(String variant, JsonNode run) {
    JsonNode expected = run.get("float32");
    if (Golden.isException(expected)) {
      return; // what fails there is speech that cannot be spoken, not the language model
    }
    assertThat(answer(variant, run).ids())
        .containsExactly(LM.values(expected.get("new_ids")).ints());
  }

  private static Answer answer(String variant, JsonNode run) {
    return new Generator(LlamaModels.parity(variant)).generate(request(variant, run));
  }

  private static Request request(String variant, JsonNode run) {
    OutputModality output = OutputModality.valueOf(run.get("output_modality").asText());
    ModalityMask mask =
        run.get("force_tokens_to_output_modality").booleanValue()
            ? ModalityMask.of(vocabulary(variant), output).allowing(2)
            : new ModalityMask(List.of());
    BitSet forbidden = new BitSet();
    mask.forbidden().forEach(range -> forbidden.set(range.from(), range.to()));
    return Request.greedy(
            LM.values(run.get("float32").get("prompt_ids")).ints(),
            run.get("max_new_tokens").intValue())
        .without(forbidden)
        .until(Set.of(2));
  }

  private static Vocabulary vocabulary(String variant) {
    TextTokenizer tokenizer =
        TextTokenizer.open(Golden.path("checkpoints/spiritlm_model/spirit-lm-" + variant + "-7b"));
    return Vocabulary.of(tokenizer, LlamaModels.parity(variant).config().vocabulary());
  }

  @TestFactory
  Stream<DynamicTest> allAnswersAtOnceAreTheSame() {
    return Stream.of("base", "expressive")
        .map(
            variant ->
                DynamicTest.dynamicTest(
                    variant,
                    () -> {
                      List<Request> requests = new ArrayList<>();
                      List<int[]> expected = new ArrayList<>();
                      for (JsonNode run : LM.at("models", variant, "generation")) {
                        if (!Golden.isException(run.get("float32"))) {
                          requests.add(request(variant, run));
                          expected.add(LM.values(run.get("float32").get("new_ids")).ints());
                        }
                      }
                      List<Answer> answers =
                          new Generator(LlamaModels.parity(variant)).generate(requests);
                      assertThat(answers.stream().map(Answer::ids).toArray(int[][]::new))
                          .isDeepEqualTo(expected.toArray(int[][]::new));
                    }));
  }

  @TestFactory
  Stream<DynamicTest> anEndTokenEnds() {
    return Stream.of("base", "expressive")
        .map(
            variant ->
                DynamicTest.dynamicTest(
                    variant,
                    () -> {
                      JsonNode stop = LM.at("models", variant, "stop_token");
                      int[] expected = LM.values(stop.get("new_ids")).ints();
                      int end = stop.get("eos_token_id").intValue();
                      JsonNode run = LM.at("models", variant, "generation", 0);
                      Request request = request(variant, run).until(Set.of(end));
                      Answer answer = new Generator(LlamaModels.parity(variant)).generate(request);
                      assertThat(answer.ids()).containsExactly(expected);
                      assertThat(answer.reason()).isEqualTo(FinishReason.END);
                    }));
  }

  private interface Check {
    void run(String variant, JsonNode entry);
  }

  private static Stream<DynamicTest> each(String list, String name, Check check) {
    return Stream.of("base", "expressive")
        .flatMap(
            variant ->
                StreamSupport.stream(LM.at("models", variant, list).spliterator(), false)
                    .map(
                        entry ->
                            DynamicTest.dynamicTest(
                                variant + " " + entry.get(name).asText(),
                                () -> check.run(variant, entry))));
  }
}

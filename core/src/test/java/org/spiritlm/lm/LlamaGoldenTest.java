package org.spiritlm.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
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
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Logits, scores and greedy answers are the reference's in float32. */
class LlamaGoldenTest {
  private static final Golden LM = Golden.load("lm");
  private static final double LOGITS =
      LM.at("tolerance", "logits_float32", "max_abs").doubleValue();
  private static final double SUM =
      LM.at("tolerance", "logprob_sum_float32", "max_abs").doubleValue();

  @TestFactory
  Stream<DynamicTest> logits() {
    return each("prompts", "text", LlamaGoldenTest::checkLogits);
  }

  private static void checkLogits(String variant, JsonNode prompt) {
    LlamaModel model = LlamaModels.parity(variant);
    int[] ids = LM.values(prompt.get("ids")).ints();
    JsonNode expected = prompt.get("float32");
    float[] logits;
    try (Scope scope = Scope.open();
        KvCache cache = model.cache(ids.length)) {
      logits = Tensors.floats(model.next(List.of(new Piece(ids, cache))));
    }
    int[] top = LM.values(expected.get("top20_ids")).ints();
    double[] topLogits = LM.values(expected.get("top20_logits")).data();
    for (int i = 0; i < top.length; i++) {
      assertThat((double) logits[top[i]]).isCloseTo(topLogits[i], within(LOGITS));
    }
    assertThat(logSumExp(logits))
        .isCloseTo(expected.get("logsumexp").doubleValue(), within(LOGITS));
    if (expected.has("logits_last")) {
      float[] all = LM.values(expected.get("logits_last")).floats();
      assertThat(logits).hasSameSizeAs(all);
      for (int i = 0; i < all.length; i++) {
        assertThat((double) logits[i]).as("id %d", i).isCloseTo(all[i], within(LOGITS));
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
    return each("scores", "continuation", LlamaGoldenTest::checkScores);
  }

  private static void checkScores(String variant, JsonNode score) {
    JsonNode expected = score.get("float32");
    double[] scores =
        new Scorer(LlamaModels.parity(variant))
            .score(
                new Scorer.Pair(
                    LM.values(score.get("prompt_ids")).ints(),
                    LM.values(score.get("continuation_ids")).ints()));
    double[] wanted = LM.values(expected.get("token_logprobs")).data();
    assertThat(scores).containsExactly(wanted, within(LOGITS));
    double sum = Arrays.stream(scores).sum();
    assertThat(sum).isCloseTo(expected.get("sum").doubleValue(), within(SUM));
    assertThat(sum / scores.length)
        .isCloseTo(expected.get("mean_per_token").doubleValue(), within(SUM));
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

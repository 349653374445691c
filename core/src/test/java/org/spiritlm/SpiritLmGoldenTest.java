package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;

/** Whole runs, from text and audio to text and waves, give what the reference gives. */
class SpiritLmGoldenTest {
  private static final Golden LM = Golden.load("lm");
  private static final Map<String, Segment> ENCODED = new ConcurrentHashMap<>();
  private static final double WAVE = LM.at("tolerance", "wave", "max_abs").doubleValue();
  private static final double LOGITS =
      LM.at("tolerance", "logits_float32", "max_abs").doubleValue();

  @TestFactory
  Stream<DynamicTest> wholeRuns() {
    return runs(SpiritLmGoldenTest::check);
  }

  private static void check(String variant, JsonNode run) {
    SpiritLm model = FacadeModels.parity(variant);
    Generation answer = model.generate(prompt(model, run), options(run));
    checkAnswer(answer, run);
  }

  @TestFactory
  Stream<DynamicTest> streamedRuns() {
    return runs(
        (variant, run) -> {
          SpiritLm model = FacadeModels.parity(variant);
          Heard heard = new Heard();
          Generation answer = model.stream(prompt(model, run), options(run), heard);
          checkAnswer(answer, run);
          heard.assertIsAll(answer);
        });
  }

  private static void checkAnswer(Generation answer, JsonNode run) {
    JsonNode expected = run.get("float32");
    assertThat(answer.prompt()).isEqualTo(expected.get("prompt").asText());
    assertThat(answer.promptIds()).containsExactly(ints(expected.get("prompt_ids")));
    assertThat(answer.outputIds()).containsExactly(ints(expected.get("new_ids")));
    JsonNode outputs = expected.get("outputs");
    assertThat(answer.segments()).hasSize(outputs.size());
    for (int i = 0; i < outputs.size(); i++) {
      JsonNode output = outputs.get(i);
      Segment segment = answer.segments().get(i);
      if (output.get("type").asText().equals("TEXT")) {
        assertThat(segment).isEqualTo(Segment.text(output.get("content").asText()));
      } else {
        assertThat(segment).isInstanceOf(Segment.Speech.class);
        checkWave((Segment.Speech) segment, output);
      }
    }
  }

  private static void checkWave(Segment.Speech speech, JsonNode output) {
    float[] samples = speech.audio().samples();
    assertThat(samples).hasSize(output.get("samples").intValue());
    double[] wave = LM.values(output.get("wave")).data();
    assertThat(wave).hasSizeGreaterThan(1000);
    for (int i = 0; i < wave.length; i++) {
      assertThat((double) samples[i]).as("sample %d", i).isCloseTo(wave[i], within(WAVE));
    }
  }

  private static Prompt prompt(SpiritLm model, JsonNode run) {
    if (!run.get("prompt_given").isNull()) {
      return model.parse(run.get("prompt_given").asText());
    }
    List<Segment> segments = new ArrayList<>();
    for (JsonNode input : run.get("inputs")) {
      String content = input.get(1).asText();
      segments.add(
          input.get(0).asText().equals("text")
              ? Segment.text(content)
              : ENCODED.computeIfAbsent(
                  model.directory().variant() + content,
                  key -> Segment.speech(model.tokens(Segment.speech(Golden.path(content))))));
    }
    return model.prompt(segments, output(run));
  }

  private static OutputModality output(JsonNode run) {
    return OutputModality.valueOf(run.get("output_modality").asText());
  }

  private static GenerationOptions options(JsonNode run) {
    return GenerationOptions.of(output(run))
        .withMaxNewTokens(run.get("max_new_tokens").intValue())
        .withModalityMask(run.get("force_tokens_to_output_modality").booleanValue())
        .greedy();
  }

  @TestFactory
  Stream<DynamicTest> scores() {
    return Stream.of("base", "expressive")
        .map(
            variant ->
                DynamicTest.dynamicTest(variant, () -> checkScores(FacadeModels.parity(variant))));
  }

  private static void checkScores(SpiritLm model) {
    String variant = model.directory().variant().key();
    List<Continuation> all = new ArrayList<>();
    JsonNode expected = LM.at("models", variant, "scores");
    for (JsonNode score : expected) {
      all.add(
          new Continuation(
              model.parse(score.get("prompt").asText()),
              model.parse(score.get("continuation").asText())));
    }
    List<Score> scores = model.score(all);
    for (int i = 0; i < all.size(); i++) {
      JsonNode golden = expected.get(i).get("float32");
      double[] wanted = LM.values(golden.get("token_logprobs")).data();
      assertThat(scores.get(i).ids())
          .containsExactly(ints(expected.get(i).get("continuation_ids")));
      assertThat(scores.get(i).logProbabilities()).containsExactly(wanted, within(LOGITS));
      assertThat(scores.get(i).sum())
          .isCloseTo(golden.get("sum").doubleValue(), within(10 * LOGITS));
      assertThat(scores.get(i).mean())
          .isCloseTo(golden.get("mean_per_token").doubleValue(), within(LOGITS));
      Score alone = model.score(all.get(i).prompt(), all.get(i).continuation());
      assertThat(alone.logProbabilities())
          .containsExactly(scores.get(i).logProbabilities(), within(1e-4));
    }
  }

  private interface Check {
    void run(String variant, JsonNode run);
  }

  private static Stream<DynamicTest> runs(Check check) {
    return Stream.of("base", "expressive")
        .flatMap(
            variant ->
                StreamSupport.stream(LM.at("models", variant, "generation").spliterator(), false)
                    .map(
                        run ->
                            DynamicTest.dynamicTest(
                                variant + " " + output(run) + " " + run.get("name").asText(),
                                () -> check.run(variant, run))));
  }

  private static int[] ints(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}

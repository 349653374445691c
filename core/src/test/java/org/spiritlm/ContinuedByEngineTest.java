package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.Terms;

/** Many callers whose answers an engine makes together: streamed = whole = alone. */
class ContinuedByEngineTest {
  private static final List<String> PROMPTS = List.of("[Text]one two", "[Speech][Hu9][Hu4]");

  private static List<GenerationOptions> options() {
    return List.of(
        GenerationOptions.text().greedy().withMaxNewTokens(20),
        GenerationOptions.speech().greedy().withMaxNewTokens(40),
        GenerationOptions.arbitrary().greedy().withMaxNewTokens(40));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void eachGetsWhatItWouldGetAlone(String variant) {
    SpiritLm alone = FacadeModels.parity(variant);
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (Engine engine = alone.engine(EngineLimits.standard().withSequences(3))) {
      SpiritLm together = alone.continuedBy(engine.on(Terms.of("one")));
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (String prompt : PROMPTS) {
        for (GenerationOptions options : options()) {
          Generation expected = alone.generate(alone.parse(prompt), options);
          all.add(
              CompletableFuture.runAsync(
                  () -> {
                    Heard heard = new Heard();
                    Generation streamed = together.stream(alone.parse(prompt), options, heard);
                    heard.assertIsAll(streamed);
                    assertThat(streamed.outputIds()).containsExactly(expected.outputIds());
                    assertThat(streamed.endReason()).isEqualTo(expected.endReason());
                    assertThat(streamed.text()).isEqualTo(expected.text());
                  },
                  callers));
          all.add(
              CompletableFuture.runAsync(
                  () ->
                      assertThat(together.generate(alone.parse(prompt), options).outputIds())
                          .containsExactly(expected.outputIds()),
                  callers));
        }
      }
      all.forEach(CompletableFuture::join);
    } finally {
      callers.shutdownNow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void idsAreThePromptsThatTheyAreOf(String variant) {
    SpiritLm model = FacadeModels.parity(variant);
    for (String prompt : PROMPTS) {
      for (GenerationOptions options : options()) {
        Generation expected = model.generate(model.parse(prompt), options);
        Generation byIds = model.batchIds(List.of(expected.promptIds()), options).get(0).get(0);
        Heard heard = new Heard();
        Generation streamed = model.streamIds(expected.promptIds(), options, heard);
        heard.assertIsAll(streamed);
        for (Generation each : List.of(byIds, streamed)) {
          assertThat(each.outputIds()).containsExactly(expected.outputIds());
          assertThat(each.promptIds()).containsExactly(expected.promptIds());
          assertThat(each.text()).isEqualTo(expected.text());
          assertThat(each.segments()).hasSameSizeAs(expected.segments());
        }
      }
    }
  }
}

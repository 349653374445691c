package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiritlm.lm.Answer;
import org.spiritlm.lm.Engine;
import org.spiritlm.lm.EngineLimits;
import org.spiritlm.lm.FinishReason;
import org.spiritlm.lm.Scorer;
import org.spiritlm.lm.Terms;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.torch.InputException;

/** Answers that are found by beam search. */
class BeamAnswersTest {
  private static final SpiritLm MODEL = FacadeModels.parity("base");
  private static final GenerationOptions TEXT =
      GenerationOptions.text().withMaxNewTokens(12).withBeams(3);

  private static List<Generation> answers(GenerationOptions options) {
    return MODEL.answers(MODEL.parse("[Text]one two"), options);
  }

  @ParameterizedTest
  @EnumSource(OutputModality.class)
  void severalAnswersAreTheLikeliestInOrder(OutputModality output) {
    List<Generation> answers = answers(TEXT.withOutput(output).withAnswers(3));
    assertThat(answers).hasSize(3);
    List<Score> scores =
        MODEL.scoreIds(
            answers.stream()
                .map(answer -> new Scorer.Pair(answer.promptIds(), answer.outputIds()))
                .toList());
    assertThat(scores.get(0).mean()).isGreaterThan(scores.get(1).mean());
    assertThat(scores.get(1).mean()).isGreaterThan(scores.get(2).mean());
    Generation one = answers(TEXT.withOutput(output)).get(0);
    assertThat(one.outputIds()).containsExactly(answers.get(0).outputIds());
    assertThat(one.timings().prefill()).isGreaterThan(0);
  }

  /** What was found is cut before a stop; the search is the same. */
  @Test
  void stopsCutWhatWasFound() {
    Generation whole = answers(TEXT).get(0);
    String text = whole.text();
    assertThat(text).hasSizeGreaterThan(4);
    String stop = text.substring(text.length() / 2, text.length() / 2 + 1);
    Generation cut = answers(TEXT.withStopStrings(stop)).get(0);
    assertThat(cut.endReason()).isEqualTo(EndReason.STOP);
    assertThat(cut.text()).isEqualTo(text.substring(0, text.indexOf(stop)).strip());
    assertThat(cut.outputIds()).hasSizeLessThanOrEqualTo(whole.outputIds().length);
    assertThat(Arrays.copyOf(whole.outputIds(), cut.outputIds().length))
        .containsExactly(cut.outputIds());
  }

  @Test
  void theMostSecondsCutSpeech() {
    GenerationOptions speech =
        GenerationOptions.speech().withMaxNewTokens(40).withBeams(2).withMaxSeconds(0.3);
    Generation answer = answers(speech).get(0);
    assertThat(answer.endReason()).isEqualTo(EndReason.SECONDS);
    assertThat(answer.outputIds()).hasSizeLessThan(40);
    double seconds = 0;
    for (Segment segment : answer.segments()) {
      seconds += ((Segment.Speech) segment).audio().seconds();
    }
    assertThat(seconds).isLessThanOrEqualTo(0.3);
  }

  @Test
  void stopIdsEndBeams() {
    int[] free = answers(TEXT).get(0).outputIds();
    List<Generation> ended = answers(TEXT.withStopIds(free[0]).withAnswers(3));
    List<EndReason> reasons = new ArrayList<>();
    for (Generation answer : ended) {
      reasons.add(answer.endReason());
      int[] ids = answer.outputIds();
      boolean stopped = answer.endReason() == EndReason.STOP;
      assertThat(Arrays.stream(ids).limit(ids.length - 1)).doesNotContain(free[0]);
      assertThat(ids[ids.length - 1] == free[0]).isEqualTo(stopped);
    }
    assertThat(reasons).contains(EndReason.STOP);
  }

  @Test
  void severalPromptsHaveTheirOwnSearches() {
    List<List<Generation>> batch =
        MODEL.batch(List.of(MODEL.parse("[Text]three"), MODEL.parse("[Text]one two")), TEXT);
    assertThat(batch).hasSize(2);
    assertThat(batch.get(1).get(0).outputIds()).containsExactly(answers(TEXT).get(0).outputIds());
  }

  @Test
  void whatIsHeardIsTheWhole() {
    Heard heard = new Heard();
    Generation streamed = MODEL.stream(MODEL.parse("[Text]one two"), TEXT, heard);
    Generation whole = answers(TEXT).get(0);
    assertThat(streamed.outputIds()).containsExactly(whole.outputIds());
    assertThat(streamed.endReason()).isEqualTo(whole.endReason());
    heard.assertIsAll(streamed);
    assertThat(streamed.text()).isEqualTo(whole.text());
  }

  /** Where a client has gone, for one. */
  @Test
  void aSearchThatNobodyWantedToTheEndHasWhatThereIs() {
    SpiritLm left =
        MODEL.continuedBy(
            requests -> List.of(new Answer(new int[] {3}, FinishReason.STOPPED, 0, 0, 0)));
    List<Generation> answers =
        left.answers(MODEL.parse("[Text]one two"), TEXT.withAnswers(3).withModalityMask(false));
    assertThat(answers).hasSize(1);
    assertThat(answers.get(0).outputIds()).containsExactly(3);
  }

  @Test
  void severalAnswersAreNotHeardWhileTheyAreSearched() {
    GenerationOptions several = TEXT.withAnswers(2);
    assertThatThrownBy(
            () -> MODEL.stream(MODEL.parse("[Text]one"), several, new GenerationListener() {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("2 are asked for");
  }

  @Test
  void anEngineFindsThemAsWell() {
    try (Engine engine = MODEL.engine(EngineLimits.standard().withSequences(4))) {
      SpiritLm served = MODEL.continuedBy(engine.on(Terms.of("one")));
      Generation answer = served.generate(MODEL.parse("[Text]one two"), TEXT);
      assertThat(answer.outputIds()).containsExactly(answers(TEXT).get(0).outputIds());
      assertThatThrownBy(() -> served.generate(MODEL.parse("[Text]one"), TEXT.withBeams(5)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("5 beams")
          .hasMessageContaining("at most 4");
    }
  }
}

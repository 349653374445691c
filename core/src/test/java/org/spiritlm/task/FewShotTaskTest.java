package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

class FewShotTaskTest {
  private static final Segment ONE = Segment.speech(SpeechTokens.parse("[Hu1][Hu2]"));
  private static final Segment TWO = Segment.speech(SpeechTokens.parse("[Hu3]"));
  private static final Segment WORD = Segment.text("bonjour");

  private static String prompt(List<Example> examples, Segment... input) {
    return new FewShotTask(TaskModels.BASE, examples).prompt(List.of(input)).string();
  }

  @Test
  void eachSideBeginsWithItsMarker() {
    assertThat(prompt(List.of(Example.of(ONE, WORD)), TWO))
        .isEqualTo("[Speech][Hu1][Hu2][Text]bonjour[Speech][Hu3][Text]");
    assertThat(prompt(List.of(Example.of(WORD, Segment.text("hello"))), Segment.text("merci")))
        .isEqualTo("[Text]bonjour[Text]hello[Text]merci[Text]");
    assertThat(prompt(List.of(Example.of(ONE, TWO)), ONE))
        .isEqualTo("[Speech][Hu1][Hu2][Speech][Hu3][Speech][Hu1][Hu2][Speech]");
    assertThat(prompt(List.of(new Example(List.of(WORD, ONE), List.of(TWO, WORD))), WORD, TWO))
        .isEqualTo(
            "[Text]bonjour[Speech][Hu1][Hu2][Speech][Hu3][Text]bonjour[Text]bonjour[Speech][Hu3]");
  }

  @Test
  void answersAreOfTheExamplesKind() {
    assertThat(FewShotTask.outputOf(List.of(Example.of(ONE, WORD)))).isEqualTo(OutputModality.TEXT);
    assertThat(FewShotTask.outputOf(List.of(Example.of(WORD, ONE))))
        .isEqualTo(OutputModality.SPEECH);
    assertThat(FewShotTask.outputOf(List.of(Example.of(WORD, ONE), Example.of(WORD, WORD))))
        .isEqualTo(OutputModality.ARBITRARY);
    Generation speech =
        new FewShotTask(TaskModels.EXPRESSIVE, List.of(Example.of(WORD, TWO)))
            .answer(List.of(WORD));
    assertThat(speech.segments()).allMatch(Segment.Speech.class::isInstance);
  }

  /** Without examples, of the options' kind. */
  @Test
  void anAnswerEndsAtAMarker() {
    int speech = TaskModels.BASE.vocabulary().speechMarker();
    int text = TaskModels.BASE.vocabulary().textMarker();
    int ended = 0;
    for (int seed = 0; seed < 40; seed++) {
      GenerationOptions options =
          GenerationOptions.speech()
              .withTemperature(5)
              .withTopP(1)
              .withMaxNewTokens(30)
              .withSeed(seed)
              .withSpoken(false);
      Generation answer = new FewShotTask(TaskModels.BASE, List.of(), options).answer(List.of(ONE));
      int[] ids = answer.outputIds();
      int last = ids[ids.length - 1];
      assertThat(answer.endReason() == EndReason.STOP).isEqualTo(last == speech || last == text);
      assertThat(answer.segments()).allMatch(Segment.Speech.class::isInstance);
      ended += answer.endReason() == EndReason.STOP ? 1 : 0;
    }
    assertThat(ended).isPositive();
  }

  @Test
  void answersCanBeHeardWhileTheyAreMade() {
    StringBuilder heard = new StringBuilder();
    FewShotTask task = new FewShotTask(TaskModels.BASE, List.of(Example.of(ONE, WORD)));
    Generation answer =
        task.answer(
            List.of(TWO),
            new GenerationListener() {
              @Override
              public void text(String piece) {
                heard.append(piece);
              }
            });
    assertThat(heard).hasToString(answer.text());
    assertThat(task.answer(List.of(TWO)).text()).isEqualTo(answer.text());
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> new FewShotTask(TaskModels.BASE, List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no examples");
    assertThatThrownBy(() -> prompt(List.of(Example.of(ONE, WORD))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no input");
  }
}

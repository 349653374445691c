package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;

class SpeechSynthesisTest {
  private static final Segment ONE = Segment.speech(SpeechTokens.parse("[Hu1][Hu2]"));
  private static final SpeechTokens STOP = SpeechTokens.parse("[Hu7][Hu8]");
  private static final SpeechTokens NO_STOP = new SpeechTokens(List.of());
  private static final List<Example> SHOTS = List.of(Example.of(Segment.text("one"), ONE));

  private static SpeechSynthesis task(SpeechTokens stop) {
    return new SpeechSynthesis(
        TaskModels.BASE, SHOTS, stop, GenerationOptions.speech().withMaxNewTokens(4000));
  }

  @Test
  void thePromptIsThePapers() {
    assertThat(task(STOP).prompt(" two\n"))
        .hasToString("[Text] one 'stop' [Speech][Hu1][Hu2][Hu7][Hu8][Text] two 'stop' [Speech]");
    assertThat(task(NO_STOP).prompt("two"))
        .hasToString("[Text] one [Speech][Hu1][Hu2][Text] two [Speech]");
  }

  /** As training gives a text and its speech. */
  @Test
  void withoutExamplesAndStopTheTextStandsAlone() {
    SpeechSynthesis task =
        new SpeechSynthesis(TaskModels.BASE, List.of(), NO_STOP, GenerationOptions.speech());
    assertThat(task.prompt(" two\n")).hasToString("[Text]two[Speech]");
  }

  @Test
  void theReleasedStopIsForModelsWithTheirUnits() {
    assertThat(new SpeechSynthesis(TaskModels.EXPRESSIVE, SHOTS).prompt("two").string())
        .contains("[Hu1][Hu2][Hu481][Hu149][Hu40]")
        .contains("[Hu23][Hu338][Hu23][Hu481][Text] two 'stop' [Speech]");
    Vocabulary other =
        new Vocabulary(
            List.of(),
            0,
            1,
            new IdRange(2, 102),
            IdRange.EMPTY,
            IdRange.EMPTY,
            IdRange.EMPTY,
            OptionalInt.empty(),
            OptionalInt.empty());
    assertThat(SpeechSynthesis.defaultStop(other).tokens()).isEmpty();
  }

  /** Without examples the prompt, and so the speech, does not depend on the stop's units. */
  @Test
  void speechEndsBeforeTheSpokenStop() {
    GenerationOptions options = GenerationOptions.speech();
    SpeechTokens other = SpeechTokens.parse("[Hu7][Hu7][Hu7]");
    Generation whole =
        new SpeechSynthesis(TaskModels.BASE, List.of(), other, options).speak("a long text");
    List<SpeechTokens.Token> said = speech(whole).tokens().tokens();
    SpeechTokens stop = new SpeechTokens(said.subList(20, 24));
    Generation answer =
        new SpeechSynthesis(TaskModels.BASE, List.of(), stop, options).speak("a long text");
    assertThat(answer.endReason()).isEqualTo(EndReason.STOP);
    assertThat(speech(answer).tokens().tokens()).isEqualTo(said.subList(0, 20));
  }

  /** A random model never stops by itself. */
  @Test
  void speechIsNeverLongerThanItsTextTakes() {
    for (String text : List.of("a", "quite some more words than one")) {
      double most = 2 + 0.2 * text.length();
      Generation base = task(STOP).speak(text);
      assertThat(base.audio().seconds()).isBetween(0.1, most);
      Generation expressive = new SpeechSynthesis(TaskModels.EXPRESSIVE).speak(text);
      assertThat(expressive.outputIds().length).isLessThan((int) (most * 40) + 20);
    }
    GenerationOptions short_ = GenerationOptions.speech().withMaxSeconds(0.5);
    assertThat(
            new SpeechSynthesis(TaskModels.BASE, SHOTS, STOP, short_)
                .speak("quite some words")
                .audio()
                .seconds())
        .isLessThanOrEqualTo(0.5);
  }

  @Test
  void whatIsHeardIsWhatIsSaid() {
    int[] heard = new int[1];
    Generation streamed =
        task(STOP)
            .speak(
                "one two three",
                new GenerationListener() {
                  @Override
                  public void audio(Audio chunk) {
                    heard[0] += chunk.samples().length;
                  }
                });
    Generation whole = task(STOP).speak("one two three");
    assertThat(streamed.outputIds()).containsExactly(whole.outputIds());
    assertThat(heard[0]).isEqualTo(whole.audio().samples().length);
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> task(STOP).speak(" \n"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no text to say");
    assertThatThrownBy(() -> task(SpeechTokens.parse("[Hu501]")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("[Hu501]");
    assertThatThrownBy(
            () ->
                new SpeechSynthesis(TaskModels.BASE, List.of(Example.of(ONE, Segment.text("one")))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("example 1: the input must be text");
  }

  private static Segment.Speech speech(Generation answer) {
    assertThat(answer.segments()).singleElement().isInstanceOf(Segment.Speech.class);
    return (Segment.Speech) answer.segments().get(0);
  }
}

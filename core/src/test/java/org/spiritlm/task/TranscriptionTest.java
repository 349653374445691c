package org.spiritlm.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.EndReason;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Golden;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.Timings;
import org.spiritlm.lm.Answer;
import org.spiritlm.lm.FinishReason;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

class TranscriptionTest {
  private static final Segment.Speech ONE = Segment.speech(SpeechTokens.parse("[Hu1][Hu2]"));
  private static final Segment.Speech TWO = Segment.speech(SpeechTokens.parse("[Hu3]"));

  @Test
  void thePromptIsThePapers() {
    Transcription task =
        new Transcription(
            TaskModels.BASE,
            List.of(
                Example.of(ONE, Segment.text("one")), Example.of(TWO, Segment.text(" and two "))));
    assertThat(task.prompt(ONE))
        .hasToString(
            "[Speech][Hu1][Hu2][Text]<START Transcript> one <END>"
                + "[Speech][Hu3][Text]<START Transcript> and two <END>"
                + "[Speech][Hu1][Hu2][Text]");
    assertThat(new Transcription(TaskModels.BASE).prompt(TWO)).hasToString("[Speech][Hu3][Text]");
  }

  @Test
  void filesAreEncoded() {
    assertThat(
            new Transcription(TaskModels.EXPRESSIVE)
                .prompt(Segment.speech(Golden.path("audio/chirp.wav")))
                .string())
        .startsWith("[Speech][St57][Pi56][Hu6]")
        .endsWith("[Text]");
  }

  /** What the model says with these options, without speech in it. */
  @Test
  void theTranscriptIsTheAnswer() {
    Transcription task = new Transcription(TaskModels.BASE, List.of());
    Generation plain =
        TaskModels.BASE.generate(
            task.prompt(ONE), GenerationOptions.text().greedy().withStopStrings("<END>"));
    String transcript = task.transcribe(ONE);
    assertThat(plain.text()).startsWith(transcript);
    assertThat(transcript).isNotEmpty().doesNotContain("<END>").doesNotContain("[Hu");
  }

  /** Whatever the model says, with the flag or without, or with a part of it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "<START Transcript> so it is",
        "so it is",
        "<START Trans",
        "<START Transcript>",
        "< not a flag",
        ""
      })
  void whatAListenerHearsIsTheTranscript(String said) {
    int[] ids = TaskModels.BASE.tokenizer().encode(said, false);
    SpiritLm scripted =
        TaskModels.BASE.continuedBy(
            requests -> {
              assertThat(Arrays.stream(ids).allMatch(requests.get(0).listener())).isTrue();
              return List.of(new Answer(ids, FinishReason.END, 0, 0, 0));
            });
    StringBuilder heard = new StringBuilder();
    Generation answer =
        new Transcription(scripted)
            .transcribe(
                ONE,
                new GenerationListener() {
                  @Override
                  public void text(String piece) {
                    heard.append(piece);
                  }
                });
    assertThat(heard.toString().strip()).isEqualTo(Transcription.transcript(answer));
    assertThat(Transcription.transcript(answer))
        .isEqualTo(new Transcription(scripted).transcribe(ONE));
  }

  @Test
  void togetherIsOneByOne() {
    Transcription task = new Transcription(TaskModels.BASE);
    assertThat(task.transcribe(List.of(ONE, TWO, ONE)))
        .containsExactly(task.transcribe(ONE), task.transcribe(TWO), task.transcribe(ONE));
    assertThat(task.transcribe(List.of())).isEmpty();
  }

  @Test
  void flagsAreNoPartOfTheTranscript() {
    assertThat(Transcription.transcript(answer("<START Transcript> so it is ")))
        .isEqualTo("so it is");
    assertThat(Transcription.transcript(answer("so it is"))).isEqualTo("so it is");
    assertThat(Transcription.transcript(answer("<START Transcript>"))).isEmpty();
  }

  private static Generation answer(String text) {
    return new Generation(
        "",
        new int[1],
        0,
        new int[1],
        EndReason.STOP,
        List.of(Segment.text(text)),
        new Timings(0, 0, 0, 0, 0, null));
  }

  @Test
  void otherExamplesAreRefused() {
    assertThatThrownBy(
            () ->
                new Transcription(
                    TaskModels.BASE,
                    List.of(
                        Example.of(ONE, Segment.text("a")), Example.of(Segment.text("b"), ONE))))
        .isInstanceOf(InputException.class)
        .hasMessage("example 2: the input must be speech for this task, found text");
    assertThatThrownBy(() -> new Transcription(TaskModels.BASE, List.of(Example.of(ONE, TWO))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("output must be text");
    assertThatThrownBy(() -> new Example(List.of(), List.of(ONE)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no input");
  }
}

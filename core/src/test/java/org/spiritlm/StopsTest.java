package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VoiceOptions;

/** Answers end where they were asked to. */
class StopsTest {
  private static final SpiritLm BASE = FacadeModels.parity("base");
  private static final Prompt TEXT = BASE.parse("[Text]counting one two three");
  private static final GenerationOptions TEXT_40 =
      GenerationOptions.text().greedy().withMaxNewTokens(40);
  private static final GenerationOptions SPEECH_60 =
      GenerationOptions.speech().greedy().withMaxNewTokens(60);

  /** Every stop of a few characters that is in the text, wherever tokens end. */
  @Test
  void textEndsBeforeAnyStopInIt() {
    String whole = BASE.generate(TEXT, TEXT_40).text();
    for (int at = 0; at + 7 < whole.length(); at += 5) {
      String stop = whole.substring(at, at + 3 + at % 5);
      Heard heard = new Heard();
      Generation answer = BASE.stream(TEXT, TEXT_40.withStopStrings("§", stop), heard);
      assertThat(answer.endReason()).isEqualTo(EndReason.STOP);
      assertThat(answer.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)).stripTrailing());
      assertThat(answer.outputIds().length).isLessThanOrEqualTo(40);
      heard.assertIsAll(answer);
    }
  }

  @Test
  void stopIdsEndTextAndSpeech() {
    int[] words = BASE.generate(TEXT, TEXT_40).outputIds();
    Generation text = BASE.generate(TEXT, TEXT_40.withStopIds(words[7]));
    assertThat(text.outputIds()).containsExactly(Arrays.copyOf(words, 8));
    assertThat(text.endReason()).isEqualTo(EndReason.STOP);
    assertThat(text.text()).isEqualTo(BASE.generate(TEXT, TEXT_40.withMaxNewTokens(7)).text());
    int[] units = BASE.generate(TEXT, SPEECH_60).outputIds();
    Generation speech = BASE.generate(TEXT, SPEECH_60.withMoreStopIds(5, units[9]));
    assertThat(speech.outputIds()).containsExactly(Arrays.copyOf(units, 10));
    assertThat(speech(speech).hubertCount()).isEqualTo(9);
  }

  @Test
  void speechEndsBeforeTheSpeechThatStopsIt() {
    SpeechTokens whole = speech(BASE.generate(TEXT, SPEECH_60));
    SpeechTokens stop = new SpeechTokens(whole.tokens().subList(30, 36));
    Heard heard = new Heard();
    Generation answer = BASE.stream(TEXT, SPEECH_60.withStopSpeech(stop), heard);
    assertThat(answer.endReason()).isEqualTo(EndReason.STOP);
    assertThat(answer.outputIds()).hasSize(36);
    assertThat(speech(answer).tokens()).isEqualTo(whole.tokens().subList(0, 30));
    heard.assertIsAll(answer);
    Waves.assertClose(
        answer.audio(), BASE.decode(speech(answer), VoiceOptions.standard()).audio(), 1e-4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.04, 0.5, 1, 2.0003})
  void speechIsAsLongAsItMayBe(double seconds) {
    Heard heard = new Heard();
    GenerationOptions options =
        SPEECH_60.withMaxNewTokens(1000).withTemperature(1).withMaxSeconds(seconds);
    Generation answer = BASE.stream(TEXT, options, heard);
    assertThat(answer.endReason()).isEqualTo(EndReason.SECONDS);
    assertThat(answer.audio().samples()).hasSize((int) (seconds * Audio.SPEECH_RATE));
    heard.assertIsAll(answer);
    // no more units than it takes
    int[] durations = BASE.durations(speech(answer), VoiceOptions.standard());
    int without = Arrays.stream(durations).limit(Math.max(0, durations.length - 4)).sum();
    assertThat(without * 640).isLessThan(answer.audio().samples().length + 640);
    // units are counted in the same way where nothing is spoken
    assertThat(BASE.generate(TEXT, options.withSpoken(false)).outputIds())
        .containsExactly(answer.outputIds());
  }

  @Test
  void withoutPredictedDurationsEachUnitIsAFrame() {
    Generation answer =
        BASE.generate(
            TEXT,
            SPEECH_60
                .withVoice(VoiceOptions.standard().withPredictedDurations(false))
                .withMaxSeconds(0.4));
    assertThat(answer.outputIds()).hasSize(10);
    assertThat(answer.audio().seconds()).isEqualTo(0.4);
  }

  @Test
  void theListenerCanEndTheAnswer() {
    int[] asked = new int[1];
    Generation answer =
        BASE.stream(
            TEXT,
            TEXT_40,
            new GenerationListener() {
              @Override
              public boolean goesOn() {
                return ++asked[0] < 5;
              }
            });
    assertThat(answer.endReason()).isEqualTo(EndReason.CANCELLED);
    assertThat(answer.outputIds()).hasSize(5);
  }

  /** What is heard comes while tokens are still made. */
  @Test
  void audioBeginsBeforeTheAnswerIsComplete() {
    int[] made = new int[1];
    int[] madeAtFirst = new int[1];
    Generation answer =
        BASE.stream(
            TEXT,
            SPEECH_60,
            new GenerationListener() {
              @Override
              public void audio(Audio chunk) {
                madeAtFirst[0] = madeAtFirst[0] == 0 ? made[0] : madeAtFirst[0];
              }

              @Override
              public boolean goesOn() {
                made[0]++;
                return true;
              }
            });
    assertThat(answer.outputIds()).hasSize(60);
    assertThat(madeAtFirst[0]).isBetween(1, 30);
    assertThat(answer.timings().firstAudio()).isGreaterThan(0);
  }

  @Test
  void contradictoryOptionsAreNamed() {
    refused(SPEECH_60.withStopStrings("x"), "stop strings");
    refused(TEXT_40.withMaxSeconds(2), "seconds");
    refused(TEXT_40.withStopSpeech(SpeechTokens.parse("[Hu1]")), "stop is speech");
    refused(TEXT_40.withAnswers(2), "greedy");
    refused(TEXT_40.withStopIds(32512), "stop id 32512");
    refused(TEXT_40.withBeams(3).withTemperature(0.5), "beam search");
    refused(TEXT_40.withBeams(3).withAnswers(4), "4 answers");
    refused(SPEECH_60.withVoice(VoiceOptions.standard().withSpeaker("nobody")), "speaker 'nobody'");
    assertThatThrownBy(
            () ->
                BASE.stream(
                    TEXT, TEXT_40.withTemperature(1).withAnswers(2), new GenerationListener() {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("2 are asked for");
    for (Runnable wrong :
        List.<Runnable>of(
            () -> TEXT_40.withMaxNewTokens(0),
            () -> TEXT_40.withAnswers(0),
            () -> TEXT_40.withBeams(0),
            () -> TEXT_40.withStopStrings("a", ""),
            () -> TEXT_40.withStopIds(-1),
            () -> SPEECH_60.withMaxSeconds(0),
            () -> SPEECH_60.withMaxSeconds(Double.NaN),
            () -> TEXT_40.withTemperature(-1))) {
      assertThatThrownBy(wrong::run).isInstanceOf(InputException.class);
    }
  }

  private static void refused(GenerationOptions options, String message) {
    assertThatThrownBy(() -> BASE.generate(TEXT, options))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  private static SpeechTokens speech(Generation answer) {
    assertThat(answer.segments()).singleElement().isInstanceOf(Segment.Speech.class);
    return ((Segment.Speech) answer.segments().get(0)).tokens();
  }
}

package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.audio.Resampler;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;

class SpiritLmTest {
  private static final SpiritLm BASE = FacadeModels.parity("base");
  private static final SpiritLm EXPRESSIVE = FacadeModels.parity("expressive");
  private static final VoiceOptions VOICE = VoiceOptions.standard();

  @TempDir Path directory;

  @Test
  void speechIsAnsweredWithSpeechInSevenLines() throws IOException {
    Path question = Golden.path("audio/chirp.wav");
    SpiritLm model = BASE;
    Generation answer =
        model.generate(List.of(Segment.speech(question)), GenerationOptions.speech());
    AudioWriter.write(directory.resolve("answer.wav"), answer.audio());
    assertThat(AudioReader.read(directory.resolve("answer.wav")).samples())
        .hasSameSizeAs(answer.audio().samples());
    assertThat(answer.outputIds()).hasSize(GenerationOptions.DEFAULT_MAX_NEW_TOKENS);
  }

  /** What was answered can be given back as it is. */
  @Test
  void conversationsGoOn() {
    GenerationOptions options = GenerationOptions.speech().withMaxNewTokens(20);
    Generation first = BASE.generate(List.of(Segment.text("hello")), options);
    Generation second =
        BASE.generate(
            List.of(Segment.text("hello"), first.segments().get(0), Segment.text("why?")), options);
    assertThat(second.prompt()).isEqualTo(first.prompt() + tokens(first) + "[Text]why?[Speech]");
  }

  @Test
  void theSameSeedGivesTheSameAnswerAndAnotherAnother() {
    Set<List<Integer>> answers = new HashSet<>();
    for (int seed = 0; seed < 5; seed++) {
      GenerationOptions options = GenerationOptions.text().withMaxNewTokens(10).withSeed(seed);
      Generation answer = BASE.generate(List.of(Segment.text("one")), options);
      Generation again = BASE.generate(List.of(Segment.text("one")), options);
      assertThat(again.outputIds()).containsExactly(answer.outputIds());
      answers.add(Arrays.stream(answer.outputIds()).boxed().toList());
    }
    assertThat(answers).hasSizeGreaterThan(3);
  }

  @Test
  void timingsAreThoseOfTheCall() {
    Generation answer =
        FacadeModels.load("base")
            .generate(
                List.of(Segment.text("one")), GenerationOptions.speech().withMaxNewTokens(40));
    Timings timings = answer.timings();
    assertThat(timings.load()).isPositive();
    assertThat(timings.prefill()).isPositive();
    assertThat(timings.decode()).isPositive();
    assertThat(timings.vocode()).isPositive();
    assertThat(timings.tokensPerSecond() * timings.decode()).isCloseTo(39, within(1e-6));
    assertThat(timings.firstAudio())
        .isGreaterThanOrEqualTo(timings.load() + timings.prefill() + timings.decode());
  }

  @Test
  void encodingNeedsNoLanguageModelAndGeneratingSaysWhatIsMissing() throws IOException {
    Path speech = Golden.path("checkpoints/speech_tokenizer");
    try (Stream<Path> files = Files.walk(speech)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            directory.resolve("speech_tokenizer").resolve(speech.relativize(file).toString()));
      }
    }
    SpiritLm model = SpiritLm.load(directory, LoadOptions.standard().withVariant("expressive"));
    SpeechUnits units = model.encode(Golden.path("audio/chirp.wav"));
    assertThat(units.hubert()).isNotEmpty();
    assertThat(model.decode(units, VOICE).audio().samples()).isNotEmpty();
    assertThatThrownBy(() -> model.generate(List.of(Segment.text("a")), GenerationOptions.text()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("lm");
  }

  @Test
  void audioOfAnyRateIsEncodedAsItsFile() {
    Path file = Golden.path("audio/sr8000.wav");
    Audio audio = AudioReader.read(file, AudioReader.Options.speech().withSampleRate(0));
    assertThat(audio.sampleRate()).isEqualTo(8000);
    assertThat(Resampler.resample(audio.samples(), 8000, Audio.SPEECH_RATE)).isNotEmpty();
    assertThat(EXPRESSIVE.encode(audio))
        .usingRecursiveComparison()
        .isEqualTo(EXPRESSIVE.encode(file));
    Path stereo = Golden.path("audio/stereo.wav");
    assertThat(BASE.encode(stereo, AudioReader.Options.speech().withChannel(1)).hubert())
        .isNotEqualTo(BASE.encode(stereo).hubert());
  }

  /** Units that are not merged yet are merged where durations are predicted. */
  @Test
  void unitsSoundAsTheirTokens() {
    SpeechUnits units = EXPRESSIVE.encode(Golden.path("audio/chirp.wav"));
    Audio audio = EXPRESSIVE.decode(units, VOICE).audio();
    assertThat(audio.samples())
        .isEqualTo(EXPRESSIVE.decode(EXPRESSIVE.tokens(units), VOICE).audio().samples());
    Audio rated = EXPRESSIVE.decode(units, VOICE.withPredictedDurations(false)).audio();
    assertThat(rated.samples()).hasSize(units.hubert().length * 640);
  }

  @Test
  void durationsAreThoseOfTheAudio() {
    SpeechTokens tokens = BASE.tokens(BASE.encode(Golden.path("audio/chirp.wav")));
    int[] durations = BASE.durations(tokens, VOICE);
    assertThat(durations).hasSize(tokens.hubertCount());
    assertThat(durations).isEqualTo(BASE.decode(tokens, VOICE).durations());
    assertThat(BASE.durations(tokens, VOICE.withPredictedDurations(false))).isNull();
  }

  /** Where the reference fails, the tokens are there, without audio. */
  @Test
  void expressiveSpeechWithoutPitchIsNotSpoken() {
    Generation answer = null;
    for (int seed = 0; answer == null; seed++) {
      Generation tried =
          EXPRESSIVE.generate(
              List.of(Segment.text("one")),
              GenerationOptions.speech().withMaxNewTokens(2).withSeed(seed));
      answer = tokens(tried).has(Kind.PITCH) ? null : tried;
    }
    assertThat(answer.segments()).hasSize(1);
    assertThat(((Segment.Speech) answer.segments().get(0)).audio()).isNull();
    assertThatThrownBy(answer::audio)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no audio");
    SpeechTokens tokens = SpeechTokens.parse("[St1][Hu1][Hu2]");
    assertThatThrownBy(() -> EXPRESSIVE.decode(tokens, VOICE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no pitch");
  }

  @Test
  void speechIsOnlySpokenIfItIsTo() {
    Generation answer =
        BASE.generate(
            List.of(Segment.text("one")),
            GenerationOptions.speech().withMaxNewTokens(5).withSpoken(false));
    assertThat(((Segment.Speech) answer.segments().get(0)).audio()).isNull();
    assertThat(tokens(answer).hubertCount()).isEqualTo(5);
    assertThat(answer.timings().firstAudio()).isNull();
    assertThat(answer.timings().vocode()).isZero();
  }

  @Test
  void promptsThatCannotBeMadeAreNamed() {
    refused(Segment.speech(Golden.path("audio/n1279.wav")), "n1279.wav: no speech");
    refused(
        Segment.speech(new Audio(new float[100], 16_000)), "no speech; expected at least 0.08 s");
    refused(Segment.speech(new Audio(new float[] {Float.NaN}, 16_000)), "NaN");
    refused(Segment.speech(directory.resolve("none.wav")), "none.wav");
    refused(Segment.speech(new SpeechTokens(List.of())), "no speech");
    refused(Segment.speech(SpeechTokens.parse("[Pi3][Hu4]")), "[Pi3]");
    refused(Segment.speech(SpeechTokens.parse("[Hu501]")), "[Hu501]");
    refused(Segment.text("word ".repeat(5000)), "context");
    assertThatThrownBy(() -> BASE.parse("[Speech][Hu999]")).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> BASE.score(BASE.parse("[Text]a"), BASE.parse("")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("continuation has no tokens");
    assertThatThrownBy(() -> SpiritLm.load(Golden.path("checkpoints")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--variant");
  }

  private static void refused(Segment segment, String message) {
    assertThatThrownBy(() -> BASE.generate(List.of(segment), GenerationOptions.text()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  private static SpeechTokens tokens(Generation answer) {
    return ((Segment.Speech) answer.segments().get(0)).tokens();
  }

  @Test
  void unmaskedTextShowsTheTokensInIt() {
    GenerationOptions options =
        GenerationOptions.text().greedy().withMaxNewTokens(30).withModalityMask(false);
    List<Segment> prompt = List.of(Segment.text("The largest country in the world is"));
    Generation text = BASE.generate(prompt, options);
    Generation any = BASE.generate(prompt, options.withOutput(OutputModality.ARBITRARY));
    assertThat(text.outputIds()).containsExactly(any.outputIds());
    assertThat(text.text()).contains("[Hu").contains(any.text().strip());
  }
}

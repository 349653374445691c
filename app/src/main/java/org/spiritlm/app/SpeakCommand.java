package org.spiritlm.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Example;
import org.spiritlm.task.SpeechSynthesis;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VoiceOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm speak}: says a text. */
@Command(
    name = "speak",
    description = "Say a text. Another --seed says it in another way.",
    customSynopsis = "spiritlm speak TEXT -o WAV [--examples FILE.jsonl] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm speak 'The door is open.' -o door.wav",
      "  spiritlm speak 'The door is open.' -o door.wav --examples spoken.jsonl --seed 3 --force",
      "  spiritlm speak 'The door is open.' -o - | aplay",
    })
final class SpeakCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "TEXT", description = "What is to be said.")
  String text = "";

  @Mixin WavFile output = new WavFile();

  @Option(
      names = "--examples",
      paramLabel = "FILE.jsonl",
      description = "Examples of a text and how it sounds, which help much.")
  @Nullable Path examples;

  @Option(
      names = "--max-seconds",
      paramLabel = "S",
      description = "At most so many seconds (default: 2 and 0.2 for each character).")
  @Nullable Double maxSeconds;

  @Option(
      names = "--candidates",
      paramLabel = "N",
      description =
          "Draw so many and keep the one in which the model hears the text best (default: 8 if it"
              + " has learnt to speak and to listen, else 1).")
  @Nullable Integer candidates;

  @Mixin SamplingOptions sampling = new SamplingOptions();
  @Mixin VoiceOption voice = new VoiceOption();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  SpeakCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    VoiceOptions chosen = voice.voice();
    sampling.check();
    if (candidates != null && candidates < 1) {
      throw new InputException("--candidates must be 1 or more, found " + candidates);
    }
    output.claim(common);
    List<Example> shots = ExamplesFile.read(examples);
    SpiritLm opened = model.open().model();
    GenerationOptions options =
        sampling.applied(SpeechSynthesis.standard(opened)).withVoice(chosen);
    if (maxSeconds != null) {
      options = options.withMaxSeconds(maxSeconds);
    }
    if (candidates != null) {
      options = options.withAnswers(candidates);
    } else if (options.sampling().isGreedy()) {
      options = options.withAnswers(1); // all would be the same
    }
    SpeechTokens stop = SpeechSynthesis.stopOf(opened);
    Generation answer = new SpeechSynthesis(opened, shots, stop, options).speak(text);
    SpeechTokens tokens = tokens(answer);
    Audio spoken = answer.audio();
    int hop = opened.directory().vocoderConfig().hop();
    int frames = -Math.floorDiv(-spoken.samples().length, hop); // the last one may be cut
    output.write(
        listener -> {
          listener.accept(spoken);
          return heard(opened.durations(tokens, chosen), frames);
        },
        common,
        console);
  }

  /** The durations of the units that are heard, where speech was cut at its most seconds. */
  private static int @Nullable [] heard(int @Nullable [] durations, int frames) {
    int left = frames;
    for (int i = 0; durations != null && i < durations.length; i++) {
      if (durations[i] >= left) {
        int[] heard = Arrays.copyOf(durations, i + 1);
        heard[i] = left;
        return heard;
      }
      left -= durations[i];
    }
    return durations;
  }

  private static SpeechTokens tokens(Generation answer) {
    List<SpeechTokens.Token> tokens = new ArrayList<>();
    for (Segment segment : answer.segments()) {
      if (segment instanceof Segment.Speech speech
          && speech.audio() != null
          && speech.tokens() != null) {
        tokens.addAll(speech.tokens().tokens());
      }
    }
    if (tokens.isEmpty()) {
      throw new InputException(
          "the model said nothing that could be spoken; try another --seed, or give --examples");
    }
    return new SpeechTokens(tokens);
  }
}

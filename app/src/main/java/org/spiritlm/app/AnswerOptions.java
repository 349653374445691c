package org.spiritlm.app;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is asked of an answer of any kind. */
final class AnswerOptions {
  @Mixin SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the text before this; may be given several times.")
  List<String> stop = List.of();

  @Option(
      names = "--max-seconds",
      paramLabel = "S",
      description = "At most so many seconds of speech.")
  @Nullable Double maxSeconds;

  @Option(
      names = "--num-return",
      paramLabel = "N",
      description = "So many answers (default: ${DEFAULT-VALUE}).")
  int numReturn = 1;

  @Option(
      names = "--no-modality-mask",
      description = "Let the model leave the modality that is asked for.")
  boolean noModalityMask;

  @Mixin VoiceOption voice = new VoiceOption();

  /** Kinds of answers. */
  enum Modality {
    TEXT(OutputModality.TEXT),
    SPEECH(OutputModality.SPEECH),
    ANY(OutputModality.ARBITRARY);

    final OutputModality output;

    Modality(OutputModality output) {
      this.output = output;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The same, for answers that are spoken or not.
   *
   * @throws InputException also where a voice is chosen that nothing is spoken with
   */
  GenerationOptions options(OutputModality output, boolean isSpoken) {
    GenerationOptions options = options(output);
    if (!isSpoken && voice.given() != null) {
      throw new InputException(
          voice.given() + " is for speech that is spoken; say where it goes to with -o");
    }
    return options.withSpoken(isSpoken);
  }

  /**
   * The library's options.
   *
   * @throws InputException if they contradict each other, or a value is not allowed
   */
  private GenerationOptions options(OutputModality output) {
    sampling.check();
    if (output == OutputModality.TEXT) {
      String speech = maxSeconds != null ? "--max-seconds" : voice.given();
      if (speech != null) {
        throw new InputException(speech + " is for speech, and the answer is text; leave it out");
      }
    }
    if (output == OutputModality.SPEECH && !stop.isEmpty()) {
      throw new InputException("--stop is for text, and the answer is speech; leave it out");
    }
    if (numReturn > 1 && sampling.isGreedy()) {
      throw new InputException(
          "--greedy gives one answer, so it cannot go with --num-return " + numReturn);
    }
    Integer beams = sampling.beams;
    if (beams != null && beams > 1 && numReturn > beams) {
      throw new InputException(
          "--beams " + beams + " has no " + numReturn + " answers (--num-return); use more beams");
    }
    GenerationOptions options =
        sampling
            .applied(GenerationOptions.of(output))
            .withStopStrings(stop.toArray(String[]::new))
            .withAnswers(numReturn)
            .withModalityMask(!noModalityMask)
            .withVoice(voice.voice());
    return maxSeconds == null ? options : options.withMaxSeconds(maxSeconds);
  }
}

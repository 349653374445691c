package org.spiritlm.app;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spiritlm generate}: continues text and speech. */
@Command(
    name = "generate",
    description = {
      "Continue text and speech, given in parts or as a token string, in text, speech or both."
    },
    customSynopsis =
        "spiritlm generate [--text TEXT | --speech FILE]... [--prompt TOKENS] --to text|speech|any [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm generate --text 'The largest country in the world is' --to text",
      "  spiritlm generate --speech examples/speech.flac --to speech --max-seconds 5 -o answer",
      "  spiritlm generate --text 'He said:' --speech examples/speech.flac --to any --seed 7 --json",
      "  spiritlm generate --prompt '[Text]He said[Speech][Hu12][Hu13]' --to text --greedy",
      "  spiritlm generate --text 'Once upon a time' --to speech --stream -o - | aplay",
    })
final class GenerateCommand implements Runnable {
  private final Console console;
  @Mixin GivenParts given = new GivenParts();

  @Option(
      names = "--prompt",
      paramLabel = "TOKENS",
      description = "The whole prompt as a token string, taken as it is, instead of parts.")
  @Nullable String prompt;

  @Option(
      names = "--to",
      paramLabel = "text|speech|any",
      required = true,
      description = "What the answer is: text, speech, or both as the model likes.")
  AnswerOptions.Modality modality = AnswerOptions.Modality.ANY;

  @Mixin AnswerOutput output = new AnswerOutput();
  @Mixin AnswerOptions answer = new AnswerOptions();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    List<Segment> segments = given.segments();
    if (prompt == null && segments.isEmpty()) {
      throw new InputException("nothing to continue: give --text, --speech or --prompt");
    }
    if (prompt != null && !segments.isEmpty()) {
      throw new InputException(
          "--prompt is the whole prompt; leave out --text and --speech, or --prompt");
    }
    GenerationOptions options =
        output.claim(answer.options(modality.output, output.isSpoken()), common);
    ModelOptions.Opened opened = model.open().withTokenizer();
    SpiritLm spiritLm = opened.model();
    AnswerOutput.Question question =
        prompt == null
            ? new OfSegments(spiritLm, segments, options)
            : new OfPrompt(spiritLm, spiritLm.parse(prompt), options);
    output.deliver(question, opened.seconds(), common, console);
  }

  private record OfSegments(SpiritLm model, List<Segment> segments, GenerationOptions options)
      implements AnswerOutput.Question {
    @Override
    public List<Generation> answers() {
      return model.answers(segments, options);
    }

    @Override
    public Generation answer(GenerationListener listener) {
      return model.stream(segments, options, listener);
    }
  }

  private record OfPrompt(SpiritLm model, Prompt prompt, GenerationOptions options)
      implements AnswerOutput.Question {
    @Override
    public List<Generation> answers() {
      return model.answers(prompt, options);
    }

    @Override
    public Generation answer(GenerationListener listener) {
      return model.stream(prompt, options, listener);
    }
  }
}

package org.spiritlm.app;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Generation;
import org.spiritlm.GenerationListener;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.task.Example;
import org.spiritlm.task.FewShotTask;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm task}: any task shown by examples. */
@Command(
    name = "task",
    description = "Do with an input what examples of inputs and outputs show, such as translation.",
    customSynopsis =
        "spiritlm task --examples FILE.jsonl [INPUT | --text TEXT | --speech FILE]... [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm task --examples examples/french.jsonl 'The door is open.'",
      "  spiritlm task --examples examples/french.jsonl examples/speech.flac --greedy --json",
      "  spiritlm task --examples spoken.jsonl --text 'He said:' --speech a.wav --to speech -o said",
    })
final class TaskCommand implements Runnable {
  private static final Pattern AUDIO_NAME =
      Pattern.compile("\\S+\\.(wav|flac|mp3|ogg|oga|opus|webm|m4a|mp4|aac|aiff?)");

  private final Console console;

  @Parameters(
      paramLabel = "INPUT",
      arity = "0..1",
      description = "An audio file that exists, or else a text.")
  @Nullable String input;

  @Mixin GivenParts given = new GivenParts();

  @Option(
      names = "--examples",
      paramLabel = "FILE.jsonl",
      required = true,
      description = "Examples, {\"input\": […], \"output\": […]} a line.")
  Path examples = Path.of("");

  @Option(
      names = "--to",
      paramLabel = "text|speech|any",
      description = "What the answer is (default: what the outputs of the examples are).")
  AnswerOptions.@Nullable Modality modality;

  @Mixin AnswerOutput output = new AnswerOutput();
  @Mixin AnswerOptions answer = new AnswerOptions();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  TaskCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    List<Segment> asked = asked();
    List<Example> shots = ExamplesFile.read(examples);
    OutputModality kind = modality == null ? FewShotTask.outputOf(shots) : modality.output;
    GenerationOptions options = output.claim(answer.options(kind, output.isSpoken()), common);
    ModelOptions.Opened opened = model.open().withTokenizer();
    FewShotTask task = new FewShotTask(opened.model(), shots, options);
    output.deliver(new OfTask(task, asked), opened.seconds(), common, console);
  }

  private List<Segment> asked() {
    List<Segment> parts = given.segments();
    if (input == null) {
      if (parts.isEmpty()) {
        throw new InputException("there is no input: give INPUT, --text or --speech");
      }
      return parts;
    }
    if (!parts.isEmpty()) {
      throw new InputException("INPUT is the whole input; leave out --text and --speech, or INPUT");
    }
    return List.of(segment(input));
  }

  /** A file where there is one of this name; what looks like one that is not there is no text. */
  private static Segment segment(String input) {
    try {
      Path file = Path.of(input);
      if (!input.isEmpty() && Files.isRegularFile(file)) {
        return Segment.speech(file);
      }
    } catch (InvalidPathException e) {
      return Segment.text(input);
    }
    if (AUDIO_NAME.matcher(input).matches()) {
      throw new InputException(
          input + " does not exist; if it is meant as a text, give it with --text");
    }
    return Segment.text(input);
  }

  private record OfTask(FewShotTask task, List<Segment> input) implements AnswerOutput.Question {
    @Override
    public List<Generation> answers() {
      return task.answers(input);
    }

    @Override
    public Generation answer(GenerationListener listener) {
      return task.answer(input, listener);
    }
  }
}

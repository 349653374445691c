package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.GenerationOptions;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.report.ResultJson;
import org.spiritlm.task.Example;
import org.spiritlm.task.Transcription;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm transcribe}: writes down what is said. */
@Command(
    name = "transcribe",
    description = {
      "Write down what is said, the likeliest transcript unless sampling options are given.",
      "",
      "Of several files a bad one is told and passed over, and the exit code is 2 in the end."
    },
    customSynopsis = "spiritlm transcribe FILE... [--examples FILE.jsonl] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm transcribe examples/speech.flac",
      "  spiritlm transcribe a.wav b.mp3 --examples transcripts.jsonl --json",
      "  spiritlm transcribe a.wav --words --json",
    })
final class TranscribeCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Audio of any format.")
  List<Path> files = List.of();

  @Option(
      names = "--examples",
      paramLabel = "FILE.jsonl",
      description = "Examples of speech and its transcript, which help much.")
  @Nullable Path examples;

  @Option(
      names = "--words",
      description = "With --json: when each word is said, if the model has an aligner.")
  boolean words;

  @Mixin SamplingOptions sampling = new SamplingOptions();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  TranscribeCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    List<Example> shots = ExamplesFile.read(examples);
    if (words && !common.json) {
      throw new InputException("--words has no place in plain text; add --json");
    }
    sampling.check();
    SpiritLm opened = model.open().model();
    GenerationOptions options = sampling.applied(Transcription.likeliest(opened));
    if (words) {
      opened.requireAligner();
    }
    Transcription transcription = new Transcription(opened, shots, options);
    EachFile.run(
        files,
        common,
        console,
        file -> print(opened, file, transcription.transcribe(Segment.speech(file))));
  }

  private void print(SpiritLm opened, Path file, String text) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("audio", file.toString());
      object.put("text", text);
      if (words) {
        List<AlignedWord> found = text.isBlank() ? List.of() : opened.align(file, text).words();
        object.set("words", ResultJson.words(found));
      }
      console.json(object);
    } else {
      EachFile.print(files, file, text, console);
    }
  }
}

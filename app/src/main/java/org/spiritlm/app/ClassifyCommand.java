package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.json.Json;
import org.spiritlm.task.Classification;
import org.spiritlm.task.Example;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm classify}: one of several labels for speech. */
@Command(
    name = "classify",
    description = {
      "Say which of several labels fits speech best.",
      "",
      "Of several files a bad one is told and passed over, and the exit code is 2 in the end."
    },
    customSynopsis = "spiritlm classify FILE... --labels A,B [--examples FILE.jsonl] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm classify examples/speech.flac --labels happy,sad",
      "  spiritlm classify a.wav b.wav --labels 'turn on,turn off' --examples intents.jsonl --json",
    })
final class ClassifyCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Audio of any format.")
  List<Path> files = List.of();

  @Option(
      names = "--labels",
      paramLabel = "A,B",
      split = ",",
      required = true,
      description = "What may be chosen, with commas between.")
  List<String> labels = List.of();

  @Option(
      names = "--examples",
      paramLabel = "FILE.jsonl",
      description = "Examples of speech and its label, which help much.")
  @Nullable Path examples;

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CommonOptions common = new CommonOptions();

  ClassifyCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    List<Example> shots = ExamplesFile.read(examples);
    SpiritLm opened = model.open().model();
    Classification classification = new Classification(opened, labels, shots);
    EachFile.run(
        files, common, console, file -> print(file, classification.classify(Segment.speech(file))));
  }

  private void print(Path file, Classification.Result result) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("audio", file.toString());
      object.put("label", result.label());
      ObjectNode scores = object.putObject("scores");
      result.scores().forEach(scores::put);
      console.json(object);
    } else {
      EachFile.print(files, file, result.label(), console);
    }
  }
}

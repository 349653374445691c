package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.recipe.PartTraining;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm train}: one part of a model. */
@Command(
    name = "train",
    description = {
      "Train a part of a model: lm, aligner, hubert, clusters, quantizer, pitch, style, vocoder.",
      "",
      "The run's directory holds settings.json, checkpoints, metrics.jsonl, files for TensorBoard,"
          + " and in the end the model. The same command goes on where a run was stopped."
    },
    customSynopsis = "spiritlm train PART --out RUN [--config FILE] [--set KEY=VALUE...] [OPTIONS]",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  spiritlm train lm --out runs/lm --set model=fresh --set shards=shards --set steps=2000",
      "  spiritlm train lm --out runs/lm --config lm.yaml --set optimiser.rate=3e-4",
      "  spiritlm train aligner --out runs/aligner --set data.manifest=corpus/manifest.jsonl",
      "  spiritlm train clusters --out runs/units --set data.manifest=corpus/manifest.jsonl"
          + " --set features.encoder=runs/aligner/aligner --set features.layer=4",
    })
final class TrainCommand implements Runnable {
  private final Console console;

  @Parameters(paramLabel = "PART", description = "What to train.")
  String part = "";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings, in YAML or JSON; docs/training.md lists them.")
  @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting, after those of the file; may be given again.")
  List<String> assignments = List.of();

  @Option(
      names = "--out",
      paramLabel = "RUN",
      required = true,
      description = "The run's directory, new or one to go on with.")
  Path out = Path.of("");

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one operation may use (default: one a core).")
  int threads;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "Where to compute: cpu, cuda, cuda:N, auto (default).")
  String device = "auto";

  @Mixin CommonOptions common = new CommonOptions();

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Torch.threads(threads);
    Settings settings = config == null ? Settings.none() : Settings.read(config);
    for (String assignment : assignments) {
      settings = settings.with(assignment);
    }
    report(new PartTraining(part, out).run(settings, Device.parse(device), console::say));
  }

  private void report(PartTraining.Outcome outcome) {
    Path model = outcome.model();
    Path trained = outcome.part();
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("run", out.toString());
      object.put("steps", outcome.steps());
      object.put("finished", outcome.finished());
      if (outcome.bestStep() != null) {
        object.put("best_step", outcome.bestStep());
        object.put("best", outcome.best());
      }
      if (model != null) {
        object.put("model", model.toString());
      } else if (trained != null) {
        object.put("part", trained.toString());
      }
      console.json(object);
    } else if (trained == null) {
      console.print("stopped at step " + outcome.steps() + "; the same command goes on from there");
    } else {
      console.print((model == null ? trained : model).toString());
    }
  }
}

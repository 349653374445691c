package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelAssembly;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.Settings;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingRun;
import org.spiritlm.training.TrainingTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm train}: one part of a model. */
@Command(
    name = "train",
    description = {
      "Train a part of a model: lm, aligner, hubert, quantizer, pitch, style, vocoder.",
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
    })
final class TrainCommand implements Runnable {
  /** Settings on which what is learnt does not depend. */
  private static final List<String> FREE =
      List.of("checkpoint_every", "keep", "log_every", "spike");

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
    TrainableParts.Opened opened = TrainableParts.open(part, settings, Device.parse(device), out);
    try (TrainingTask task = opened.task()) {
      Trainer.Options options = Trainer.Options.of(settings, 1000);
      settings.finish();
      try (TrainingRun run = TrainingRun.open(out, settings.resolved(), FREE)) {
        Trainer trainer = new Trainer(task, options, out, console::say);
        Trainer.Result result = run.train(trainer);
        report(result, result.finished() ? write(trainer, opened) : null);
      }
    }
  }

  /** The part that was trained, or the whole model with it where there is one. */
  private Path write(Trainer trainer, TrainableParts.Opened opened) {
    Path trained = out.resolve(part);
    if (!Files.exists(trained)) {
      trainer.write(trained);
    }
    ModelDirectory base = opened.base();
    Part replaced = opened.part();
    if (base == null || replaced == null) {
      return trained;
    }
    Path model = out.resolve("model");
    if (!Files.exists(model)) {
      Map<String, String> provenance = new LinkedHashMap<>();
      provenance.put(part, "trained by spiritlm train, see " + out.resolve("settings.json"));
      ModelAssembly.write(
          base,
          Map.of(replaced, trained),
          model,
          "that of the data it was trained on",
          provenance,
          console::say);
    }
    return model;
  }

  private void report(Trainer.Result result, @Nullable Path written) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("run", out.toString());
      object.put("steps", result.step());
      object.put("finished", result.finished());
      if (result.bestStep() != null) {
        object.put("best_step", result.bestStep());
        object.put("best", result.best());
      }
      if (written != null) {
        object.put(written.endsWith("model") ? "model" : "part", written.toString());
      }
      console.json(object);
    } else if (written == null) {
      console.print("stopped at step " + result.step() + "; the same command goes on from there");
    } else {
      console.print(written.toString());
    }
  }
}

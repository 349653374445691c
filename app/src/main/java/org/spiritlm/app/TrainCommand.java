package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelAssembly;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.PartTraining;
import org.spiritlm.training.Settings;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingRun;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.language.LanguageTraining;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spiritlm train}: one part of a model. */
@Command(
    name = "train",
    description = {
      "Train a part of a model: lm.",
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
    })
final class TrainCommand implements Runnable {
  /** Settings on which what is learnt does not depend. */
  private static final List<String> FREE =
      List.of("checkpoint_every", "keep", "log_every", "spike");

  private static final Map<String, Function<Settings, PartTraining>> PARTS =
      new TreeMap<>(Map.of("lm", LanguageTraining::of));

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

  @Mixin CommonOptions common = new CommonOptions();

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Function<Settings, PartTraining> known = PARTS.get(part);
    if (known == null) {
      throw new InputException(
          "'" + part + "' cannot be trained; expected " + String.join(", ", PARTS.keySet()));
    }
    Torch.threads(threads);
    Settings settings = config == null ? Settings.none() : Settings.read(config);
    for (String assignment : assignments) {
      settings = settings.with(assignment);
    }
    PartTraining training = known.apply(settings);
    Trainer.Options options = Trainer.Options.of(settings, 1000);
    settings.finish();
    try (TrainingTask task = training.task();
        TrainingRun run = TrainingRun.open(out, settings.resolved(), FREE)) {
      Trainer trainer = new Trainer(task, options, out, console::say);
      Trainer.Result result = run.train(trainer);
      @Nullable Path model = result.finished() ? write(trainer, training) : null;
      report(result, model);
    }
  }

  /** The whole model, with what was trained. */
  private Path write(Trainer trainer, PartTraining training) {
    Path model = out.resolve("model");
    if (!Files.exists(model)) {
      Path trained = out.resolve(training.part().key());
      if (!Files.exists(trained)) {
        trainer.write(trained);
      }
      Map<String, String> provenance = new LinkedHashMap<>();
      provenance.put(
          training.part().key(), "trained by spiritlm train, see " + out.resolve("settings.json"));
      ModelAssembly.write(
          training.base(),
          Map.of(training.part(), trained),
          model,
          "that of the data it was trained on",
          provenance,
          console::say);
    }
    return model;
  }

  private void report(Trainer.Result result, @Nullable Path model) {
    if (common.json) {
      ObjectNode object = Json.object();
      object.put("run", out.toString());
      object.put("steps", result.step());
      object.put("finished", result.finished());
      if (result.bestStep() != null) {
        object.put("best_step", result.bestStep());
        object.put("best", result.best());
      }
      if (model != null) {
        object.put("model", model.toString());
      }
      console.json(object);
    } else if (model == null) {
      console.print("stopped at step " + result.step() + "; the same command goes on from there");
    } else {
      console.print(model.toString());
    }
  }
}

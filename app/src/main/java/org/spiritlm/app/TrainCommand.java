package org.spiritlm.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.recipe.PartTraining;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.torch.Rendezvous;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.LocalRanks;
import org.spiritlm.training.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
      "  spiritlm train lm --out runs/lm --config lm.yaml --nproc 4",
      "  spiritlm train clusters --out runs/units --set data.manifest=corpus/manifest.jsonl"
          + " --set features.encoder=runs/aligner/aligner --set features.layer=4",
    })
final class TrainCommand implements Runnable {
  /** How long a process waits for the others to start. */
  private static final Duration MEETING = Duration.ofMinutes(5);

  private static final String PROCESSES = "--nproc";

  private final Console console;

  @Parameters(paramLabel = "PART", description = "What to train.")
  String part = "";

  @Option(
      names = "--out",
      paramLabel = "RUN",
      required = true,
      description = "The run's directory, new or one to go on with.")
  Path out = Path.of("");

  @Option(
      names = PROCESSES,
      paramLabel = "N",
      description = "Processes on this machine that train together (default: 1).")
  int processes = 1;

  @Mixin SettingsOptions given = new SettingsOptions();

  @Mixin DeviceOptions where = new DeviceOptions();

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private @Nullable CommandSpec spec;

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    Rendezvous place = Rendezvous.of(System.getenv());
    if (processes < 1) {
      throw new InputException(PROCESSES + " must be 1 or more, found " + processes);
    }
    if (processes == 1) {
      train(place);
    } else if (place == null) {
      start();
    } else {
      throw new InputException(
          "this process is one of several already, by its environment (RANK, WORLD_SIZE); leave "
              + PROCESSES
              + " away");
    }
  }

  /** Starts the processes, which run this command without the option that starts them. */
  private void start() {
    Torch.start(); // so that no two of them unpack the libraries at once
    List<String> arguments = new ArrayList<>();
    Iterator<String> given =
        Objects.requireNonNull(spec)
            .root()
            .commandLine()
            .getParseResult()
            .originalArgs()
            .iterator();
    while (given.hasNext()) {
      String argument = given.next();
      if (argument.equals(PROCESSES)) {
        given.next();
      } else if (!argument.startsWith(PROCESSES + "=")) {
        arguments.add(argument);
      }
    }
    new LocalRanks(LocalRanks.java(App.class, arguments), processes, console::print, console::say)
        .run();
  }

  /** Trains, alone or as one of several processes. */
  private void train(@Nullable Rendezvous place) {
    Device on = place == null ? where.open() : where.open(place);
    Settings settings = given.over(Settings.none());
    PartTraining training = new PartTraining(part, out);
    training.check(settings);
    try (ProcessGroup ranks =
        place == null ? ProcessGroup.alone() : ProcessGroup.join(place, on, MEETING)) {
      training.run(
          settings,
          on,
          ranks,
          console::say,
          outcome -> {
            if (ranks.rank() == 0) {
              report(outcome);
            }
          });
    }
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

package org.spiritlm.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.checkpoint.ModelAssembly;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.training.Settings;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingRun;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.training.speech.HubertPart;
import org.spiritlm.training.speech.TargetUnits;

/**
 * Trains a part of a model by its settings, in a run's directory, where a run that was stopped goes
 * on.
 *
 * @param part its name
 * @param out the run's directory
 */
public record PartTraining(String part, Path out) {
  private static final int STEPS = 1000;

  /**
   * Settings on which what is learnt does not depend; the trainer itself sees to it that
   * 'accumulate' changes with the number of processes alone.
   */
  private static final List<String> FREE =
      List.of("accumulate", "checkpoint_every", "keep", "log_every", "spike");

  /**
   * Settings that may change until a run is at its end, so that it can go on where its loss was no
   * number any more.
   */
  static final List<String> STEERING = List.of("optimiser.rate");

  /**
   * How a run ended.
   *
   * @param steps done in all
   * @param finished whether that was all; otherwise it was stopped and goes on the next time
   * @param best the lowest of the first validation measure
   * @param bestStep when that was, or null where there was none
   * @param part what was trained, or null where it was stopped
   * @param model the whole model with it, or null where there is none
   */
  public record Outcome(
      long steps,
      boolean finished,
      double best,
      @Nullable Long bestStep,
      @Nullable Path part,
      @Nullable Path model) {
    static Outcome stopped() {
      return new Outcome(0, false, Double.POSITIVE_INFINITY, null, null, null);
    }

    static Outcome of(long steps, Path part) {
      return new Outcome(steps, true, Double.POSITIVE_INFINITY, null, part, null);
    }
  }

  /** The names of all parts, for messages. */
  public static String names() {
    return TrainableParts.names() + ", " + ClusterTraining.NAME;
  }

  /**
   * Reads all settings without opening what they name.
   *
   * @throws org.spiritlm.torch.InputException if there is no such part, or a setting is unknown or
   *     wrong
   */
  public void check(Settings settings) {
    if (part.equals(ClusterTraining.NAME)) {
      ClusterTraining.of(settings);
    } else {
      TrainableParts.check(part, settings);
      Trainer.Options.of(settings, STEPS, Device.CPU);
    }
    settings.finish();
  }

  /**
   * What of settings decides what is learnt.
   *
   * @param values what {@link Settings#resolved} gives
   * @param free further settings on which it does not depend
   */
  static ObjectNode decisive(ObjectNode values, List<String> free) {
    ObjectNode left = values.deepCopy();
    left.remove(FREE);
    for (String key : free) {
      JsonNode at = left;
      String[] path = key.split("\\.", -1);
      for (int i = 0; i < path.length - 1; i++) {
        at = at.path(path[i]);
      }
      if (at instanceof ObjectNode object) {
        object.remove(path[path.length - 1]);
      }
    }
    return left;
  }

  /**
   * Trains alone; see {@link #run(Settings, Device, List, ProcessGroup, Consumer, Consumer)}.
   *
   * @param free further settings on which what is learnt does not depend, such as {@code
   *     data.manifest} where it is the same manifest in another place
   */
  Outcome run(Settings settings, Device device, List<String> free, Consumer<String> progress) {
    return run(settings, device, free, ProcessGroup.alone(), progress, outcome -> {});
  }

  /**
   * Trains, alone or with others.
   *
   * @param ranks the processes that train together; what was trained is process 0's to write
   * @param report takes the outcome while a process that was asked to end still waits for it
   */
  public void run(
      Settings settings,
      Device device,
      ProcessGroup ranks,
      Consumer<String> progress,
      Consumer<Outcome> report) {
    run(settings, device, List.of(), ranks, progress, report);
  }

  /**
   * Trains to the end, or until the process is asked to end (SIGTERM, Ctrl-C), and writes the part,
   * and the whole model with it where the settings name one.
   *
   * @throws org.spiritlm.torch.InputException if a setting is unknown or wrong, or a run with
   *     others is there
   */
  private Outcome run(
      Settings settings,
      Device device,
      List<String> free,
      ProcessGroup ranks,
      Consumer<String> progress,
      Consumer<Outcome> report) {
    check(settings);
    List<String> all = new ArrayList<>(FREE);
    all.addAll(free);
    if (part.equals(ClusterTraining.NAME)) {
      if (ranks.size() > 1) {
        throw new InputException("clusters are learnt by one process; start it alone");
      }
      try (TrainingRun run = TrainingRun.open(out, settings.resolved(), all, STEERING)) {
        Outcome outcome = ClusterTraining.of(settings).run(settings, device, run, progress);
        report.accept(outcome);
        return outcome;
      }
    }
    TrainableParts.Opened opened = TrainableParts.open(part, settings, device, out);
    try (TrainingTask task = opened.task();
        TrainingRun run = TrainingRun.open(out, settings.resolved(), all, STEERING, ranks)) {
      Trainer.Options options = Trainer.Options.of(settings, STEPS, device);
      Trainer trainer = new Trainer(task, options, out, progress, ranks);
      Trainer.Result result = run.train(trainer);
      Path written = result.finished() && ranks.rank() == 0 ? write(trainer, settings) : null;
      Outcome outcome =
          new Outcome(
              result.step(),
              result.finished(),
              result.best(),
              result.bestStep(),
              written,
              written == null ? null : model(written, opened, progress));
      report.accept(outcome);
      return outcome;
    }
  }

  private Path write(Trainer trainer, Settings settings) {
    Path trained = out.resolve(part);
    if (!Files.exists(trained)) {
      Directories.write(trained, trainer::write);
    }
    if (!part.equals("quantizer")) {
      return trained;
    }
    Path hubert = out.resolve(Part.HUBERT.key());
    TargetUnits.Block block = TargetUnits.Block.of(settings.below("teacher"));
    if (block.encoder().isBlank()) {
      return trained;
    }
    if (!Files.exists(hubert)) {
      Directories.write(
          hubert,
          directory ->
              HubertPart.write(
                  Path.of(block.encoder()),
                  block.layer(),
                  trained.resolve(ClusterTraining.QUANTIZER),
                  DType.F32,
                  directory));
    }
    return hubert;
  }

  private @Nullable Path model(
      Path trained, TrainableParts.Opened opened, Consumer<String> progress) {
    ModelDirectory base = opened.base();
    Part replaced = opened.part();
    if (base == null || replaced == null) {
      return null;
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
          progress);
    }
    return model;
  }
}

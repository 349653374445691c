package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingTask;

/** Runs of tasks in tests. */
final class Runs {
  private Runs() {}

  /** The losses of a run that is not stopped, step by step. */
  static List<Double> losses(TrainingTask task, int steps, Path run) {
    new Trainer(
            task,
            new Trainer.Options(steps, 1, steps, 1, steps, 1, 0, Torch.Precision.FULL, ""),
            run,
            line -> {})
        .run();
    List<Double> losses = new ArrayList<>();
    Json.lines(run.resolve("metrics.jsonl")).stream()
        .filter(line -> line.object().has("loss"))
        .forEach(line -> losses.add(line.number("loss")));
    return losses;
  }

  /** Stops a run after its third of six steps, goes on, and compares with one that went through. */
  static void assertResumes(Supplier<? extends TrainingTask> tasks, Path directory) {
    Trainer.Options options =
        new Trainer.Options(6, 1, 100, 2, 100, 1, 0, Torch.Precision.FULL, "");
    Map<String, List<Float>> through;
    try (TrainingTask task = tasks.get()) {
      new Trainer(task, options, directory.resolve("through"), line -> {}).run();
      through = values(task);
    }
    Path run = directory.resolve("stopped");
    try (TrainingTask task = tasks.get()) {
      Trainer[] trainer = new Trainer[1];
      trainer[0] =
          new Trainer(
              task,
              options,
              run,
              line -> {
                if (line.startsWith("step 3 ")) {
                  trainer[0].stop();
                }
              });
      assertThat(trainer[0].run().finished()).isFalse();
    }
    try (TrainingTask task = tasks.get()) {
      List<String> lines = new ArrayList<>();
      new Trainer(task, options, run, lines::add).run();
      assertThat(lines.get(0)).startsWith("going on from step ").doesNotEndWith(" 0");
      assertThat(values(task)).isEqualTo(through);
    }
  }

  private static Map<String, List<Float>> values(TrainingTask task) {
    Map<String, List<Float>> values = new LinkedHashMap<>();
    for (TrainingTask.Group group : task.groups()) {
      group
          .parameters()
          .forEach(
              (name, tensor) -> {
                List<Float> list = new ArrayList<>();
                for (float value : Tensors.floats(tensor)) {
                  list.add(value);
                }
                values.put(name, list);
              });
    }
    return values;
  }
}

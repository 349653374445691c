package org.spiritlm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.spiritlm.json.Json;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.torch.TogetherRanks;
import org.spiritlm.torch.Torch;

/** Runs of several processes in tests, which are threads there. */
public final class TogetherRuns {
  private TogetherRuns() {}

  /** Makes a task anew for a run's directory. */
  @FunctionalInterface
  public interface Tasks extends Function<Path, TrainingTask> {}

  /**
   * Trains, or goes on.
   *
   * @param stopAfter a step after which one of the processes asks to stop, or 0
   * @return how it ended for each process
   */
  public static List<Trainer.Result> run(
      Tasks tasks, Path run, int steps, int ranks, int accumulate, int stopAfter) {
    return ranks == 1
        ? List.of(train(tasks, run, steps, accumulate, stopAfter, ProcessGroup.alone()))
        : TogetherRanks.run(ranks, group -> train(tasks, run, steps, accumulate, stopAfter, group));
  }

  private static Trainer.Result train(
      Tasks tasks, Path run, int steps, int accumulate, int stopAfter, ProcessGroup ranks) {
    Trainer.Options options =
        new Trainer.Options(steps, accumulate, 7, 2, steps, 1, 0, Torch.Precision.FULL, "");
    try (TrainingTask task = tasks.apply(run)) {
      Trainer[] trainer = new Trainer[1];
      trainer[0] =
          new Trainer(
              task,
              options,
              run,
              line -> {
                if (line.startsWith("step " + stopAfter + " of")) {
                  trainer[0].stop();
                }
              },
              ranks);
      return trainer[0].run();
    }
  }

  /**
   * Two processes learn what one learns with twice the batches a step, also where they are stopped
   * and one of them goes on for a while.
   *
   * @param steps at least 3
   * @return where the two trained
   */
  public static Path assertTogetherAsAlone(Tasks tasks, Path directory, int steps) {
    Path alone = directory.resolve("alone");
    run(tasks, alone, steps, 1, 2, 0);
    Path together = directory.resolve("together");
    run(tasks, together, steps, 2, 1, steps / 2);
    run(tasks, together, steps, 1, 2, steps * 2 / 3);
    run(tasks, together, steps, 2, 1, 0);
    assertThat(losses(together)).hasSize(steps);
    assertSame(losses(together), losses(alone));
    return together;
  }

  /** The losses of all steps of a run. */
  public static List<Double> losses(Path run) {
    List<Double> losses = new ArrayList<>();
    Json.lines(run.resolve("metrics.jsonl")).stream()
        .filter(line -> line.object().has("loss"))
        .forEach(line -> losses.add(line.number("loss")));
    return losses;
  }

  /** The losses are the same within a relative 1e-5. */
  public static void assertSame(List<Double> found, List<Double> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(found.get(i))
          .as("loss of step %d", i + 1)
          .isEqualTo(expected.get(i), within(1e-5 * Math.abs(expected.get(i))));
    }
  }
}

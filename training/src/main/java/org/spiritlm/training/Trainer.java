package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;

/**
 * Trains one part: draws, computes gradients, changes parameters, and keeps checkpoints, metrics
 * and the best result.
 *
 * <p>A run that was stopped at any moment and is started again with the same settings goes on from
 * its last checkpoint, and ends with the same parameters as one that was never stopped (bitwise, on
 * one CPU with the same number of threads). Used by one thread; {@link #stop} may be called by any.
 */
public final class Trainer {
  /** Losses of the steps before, with which a spike is compared. */
  private static final int COMPARED = 50;

  private final TrainingTask task;
  private final Options options;
  private final Path run;
  private final Consumer<String> progress;
  private final Checkpoints checkpoints;
  private final Map<TrainingTask.Group, AdamW> optimisers = new LinkedHashMap<>();
  private final Deque<Double> recent = new ArrayDeque<>();
  private volatile boolean stopping;
  private long step;
  private @Nullable Long bestStep;
  private double best = Double.POSITIVE_INFINITY;

  /**
   * What does not depend on the part.
   *
   * @param steps how many in all
   * @param accumulate batches whose gradients are added for one step
   * @param checkpointEvery steps between checkpoints
   * @param keep how many of the newest checkpoints stay
   * @param validateEvery steps between validations
   * @param logEvery steps between lines of metrics
   * @param spike a loss so many times as large as the mean of those before ends the run; 0 for
   *     never
   */
  public record Options(
      int steps,
      int accumulate,
      int checkpointEvery,
      int keep,
      int validateEvery,
      int logEvery,
      double spike,
      Torch.Precision precision) {
    /** Reads them; {@code steps} is the part's own default. */
    public static Options of(Settings settings, int steps) {
      return new Options(
          settings.positive("steps", steps),
          settings.positive("accumulate", 1),
          settings.positive("checkpoint_every", 200),
          settings.positive("keep", 2),
          settings.positive("validate_every", 500),
          settings.positive("log_every", 10),
          settings.number("spike", 10),
          settings.choice("precision", Torch.Precision.BFLOAT16));
    }
  }

  /**
   * How a run ended.
   *
   * @param step steps done in all
   * @param finished whether that was all; otherwise it was stopped and can be resumed
   * @param best the lowest of the first validation measure, infinite where none was taken
   * @param bestStep when that was, or null
   */
  public record Result(long step, boolean finished, double best, @Nullable Long bestStep) {}

  /**
   * A run in a directory, which is made; what is there is resumed.
   *
   * @param progress takes a line now and then
   */
  public Trainer(TrainingTask task, Options options, Path run, Consumer<String> progress) {
    this.task = task;
    this.options = options;
    this.run = run;
    this.progress = progress;
    this.checkpoints = new Checkpoints(run.resolve("checkpoints"), options.keep());
    for (TrainingTask.Group group : task.groups()) {
      optimisers.put(group, new AdamW(group.parameters(), group.settings().adam()));
    }
  }

  /** Asks the run to write a checkpoint after the step that it is at, and to end. */
  public void stop() {
    stopping = true;
  }

  /**
   * Trains to the end, or until it is stopped.
   *
   * @throws InputException if the loss is no number or jumps; the batch is saved then
   */
  public Result run() {
    List<Long> there = checkpoints.steps();
    if (!there.isEmpty()) {
      resume(there.get(there.size() - 1));
    }
    Torch.precision(options.precision());
    try (Metrics metrics = new Metrics(run, step)) {
      Curves curves = new Curves(run, progress);
      Pace pace = new Pace();
      while (step < options.steps() && !stopping) {
        Map<String, Double> measured = step();
        pace.add(task.drawn());
        step++;
        boolean last = step == options.steps();
        if (step % options.logEvery() == 0 || last) {
          measured.put(task.unit() + "_per_s", pace.rate());
          metrics.write(step, measured);
          progress.accept(line(measured, pace));
        }
        if (step % options.validateEvery() == 0 || last) {
          validate(metrics);
        }
        if (step % options.checkpointEvery() == 0 || last || stopping || isBest()) {
          checkpoints.write(step, bestStep, optimisers, task.buffers(), state());
          curves.write();
        }
      }
    } finally {
      Torch.precision(Torch.Precision.FULL);
    }
    return new Result(step, step >= options.steps(), best, bestStep);
  }

  private boolean isBest() {
    return bestStep != null && bestStep == step;
  }

  /** Writes the part with its best parameters, where there was validation, or its last. */
  public void write(Path directory) {
    Long chosen = bestStep;
    if (chosen != null && chosen != step) {
      checkpoints.readParameters(chosen, optimisers.keySet(), task.buffers());
    }
    task.write(directory);
  }

  private Map<String, Double> step() {
    Map<String, Double> measured = new LinkedHashMap<>();
    for (TrainingTask.Group group : optimisers.keySet()) {
      Gradients.clear(group.parameters().values());
    }
    double share = 1.0 / options.accumulate();
    for (int i = 0; i < options.accumulate(); i++) {
      task.draw();
      for (Map.Entry<TrainingTask.Group, AdamW> entry : optimisers.entrySet()) {
        TrainingTask.Group group = entry.getKey();
        task.backward(group, share)
            .forEach((name, value) -> measured.merge(name, value * share, Double::sum));
        if (i == options.accumulate() - 1) {
          change(group, entry.getValue(), measured);
        }
      }
    }
    return measured;
  }

  private void change(TrainingTask.Group group, AdamW optimiser, Map<String, Double> measured) {
    double clip = group.settings().clip();
    double norm =
        Gradients.clip(group.parameters().values(), clip > 0 ? clip : Double.POSITIVE_INFINITY);
    String prefix = optimisers.size() == 1 ? "" : group.name() + "_";
    double rate = group.settings().rate().at(step, options.steps());
    measured.put(prefix + "gradient_norm", norm);
    measured.put(prefix + "rate", rate);
    check(measured.get("loss"), norm);
    optimiser.step(rate);
  }

  /** A group that is changed before the one that has the loss is checked by its norm alone. */
  private void check(@Nullable Double found, double norm) {
    double loss = found == null ? 0 : found;
    double mean = recent.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    boolean jumped =
        options.spike() > 0
            && found != null
            && recent.size() == COMPARED
            && loss > options.spike() * mean;
    if (!Double.isFinite(loss) || !Double.isFinite(norm) || jumped) {
      Path file = run.resolve("bad-batch-" + (step + 1) + ".json");
      task.describeBatch(file);
      throw new InputException(
          String.format(
              Locale.ROOT,
              "step %d: the loss is %.4g and the norm of the gradients %.4g, %s; what was learnt"
                  + " from is in %s. Start again with a lower rate; the last checkpoint is of step"
                  + " %s",
              step + 1,
              loss,
              norm,
              jumped
                  ? String.format(Locale.ROOT, "after a mean loss of %.4g", mean)
                  : "which are no numbers to go on with",
              file,
              checkpoints.steps().isEmpty()
                  ? "0"
                  : checkpoints.steps().get(checkpoints.steps().size() - 1).toString()));
    }
    if (found != null) {
      recent.add(loss);
    }
    if (recent.size() > COMPARED) {
      recent.remove();
    }
  }

  private void validate(Metrics metrics) {
    Map<String, Double> measured = new LinkedHashMap<>();
    task.validate(step).forEach((name, value) -> measured.put("validation_" + name, value));
    if (measured.isEmpty()) {
      return;
    }
    metrics.write(step, measured);
    double first = measured.values().iterator().next();
    if (first < best) {
      best = first;
      bestStep = step;
    }
    StringBuilder line = new StringBuilder("step " + step + ":");
    measured.forEach(
        (name, value) -> line.append(String.format(Locale.ROOT, " %s %.4g", name, value)));
    progress.accept(line.toString());
  }

  private String line(Map<String, Double> measured, Pace pace) {
    return String.format(
        Locale.ROOT,
        "step %d of %d: loss %.4f, %.0f %s/s, %s left",
        step,
        options.steps(),
        measured.getOrDefault("loss", Double.NaN),
        pace.rate(),
        task.unit(),
        pace.left(options.steps() - step));
  }

  private ObjectNode state() {
    ObjectNode state = Json.object();
    state.put("step", step);
    if (bestStep != null) {
      state.put("best_step", bestStep);
      state.put("best", best);
    }
    ArrayNode losses = state.putArray("recent_losses");
    recent.forEach(losses::add);
    state.set("task", task.state());
    return state;
  }

  private void resume(long from) {
    ObjectNode state = checkpoints.read(from, optimisers, task.buffers());
    step = state.path("step").asLong();
    if (state.has("best_step")) {
      bestStep = state.get("best_step").asLong();
      best = state.get("best").asDouble();
    }
    state.path("recent_losses").forEach(loss -> recent.add(loss.asDouble()));
    if (!(state.get("task") instanceof ObjectNode data)) {
      throw new InputException(checkpoints.at(from) + ": its state.json has no state of the data");
    }
    task.restore(data);
    progress.accept("going on from step " + step);
  }
}

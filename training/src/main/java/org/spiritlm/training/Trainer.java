package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Optimiser;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Torch;

/**
 * Trains one part: draws, computes gradients, changes parameters, and keeps checkpoints, metrics
 * and the best result.
 *
 * <p>A run that was stopped at any moment and is started again with the same settings goes on from
 * its last checkpoint, and ends with the same parameters as one that was never stopped (bitwise, on
 * one CPU with the same number of threads). Used by one thread; {@link #stop} may be called by any.
 *
 * <p>Several processes train together: each learns from batches of its own, which are those that
 * one process would draw one after another, and their gradients are added. So R processes with A
 * batches each a step do what one with R · A batches does, but for rounding, and a run can go on
 * with another number of processes. (Of several groups, those after the first meet changed
 * parameters of it in the last of each process's batches.) {@linkplain TrainingTask#buffers
 * Buffers} follow what all batches of a step {@linkplain TrainingTask#tallies added up}, and where
 * processes still differ they are those of process 0. Process 0 alone validates and writes.
 */
public final class Trainer {
  /** In a checkpoint's state: the batches of a step. */
  private static final String BATCHES = "batches";

  /** In a checkpoint's state: what products were computed in. */
  private static final String PRECISION = "precision";

  private final TrainingTask task;
  private final Options options;
  private final Path run;
  private final ProcessGroup ranks;
  private final Consumer<String> progress;
  private final Checkpoints checkpoints;
  private final Map<TrainingTask.Group, Optimiser> optimisers = new LinkedHashMap<>();
  private final LossWatch watch;
  private volatile boolean stopping;
  private long step;
  private @Nullable Long bestStep;
  private double best = Double.POSITIVE_INFINITY;

  /**
   * What does not depend on the part.
   *
   * @param steps how many in all
   * @param accumulate batches whose gradients each process adds for one step
   * @param checkpointEvery steps between checkpoints
   * @param keep how many of the newest checkpoints stay
   * @param validateEvery steps between validations
   * @param logEvery steps between lines of metrics
   * @param spike a loss so many times as large as the mean of those before ends the run; 0 for
   *     never
   * @param precision of products; parameters are float32
   * @param section what stands before the keys of settings where a user gives them, such as {@code
   *     lm-base.} in a recipe; mostly nothing
   */
  public record Options(
      int steps,
      int accumulate,
      int checkpointEvery,
      int keep,
      int validateEvery,
      int logEvery,
      double spike,
      Torch.Precision precision,
      String section) {
    /** How products are computed, as settings say it. */
    private enum Products {
      AUTO,
      FULL,
      BFLOAT16;

      Torch.Precision on(Device device) {
        boolean fast = device.kind() != Device.Kind.CPU || Torch.hasFastBfloat16();
        return this == FULL || (this == AUTO && !fast)
            ? Torch.Precision.FULL
            : Torch.Precision.BFLOAT16;
      }
    }

    /**
     * Reads them; {@code steps} is the part's own default.
     *
     * @param device where they are computed: decides the precision where settings leave it open
     */
    public static Options of(Settings settings, int steps, Device device) {
      return new Options(
          settings.positive("steps", steps),
          settings.positive("accumulate", 1),
          settings.positive("checkpoint_every", 200),
          settings.positive("keep", 2),
          settings.positive("validate_every", 500),
          settings.positive("log_every", 10),
          settings.number("spike", 10),
          settings.choice("precision", Products.AUTO).on(device),
          settings.section());
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
   * A run of one process in a directory, which is made; what is there is resumed.
   *
   * @param progress takes a line now and then
   */
  public Trainer(TrainingTask task, Options options, Path run, Consumer<String> progress) {
    this(task, options, run, progress, ProcessGroup.alone());
  }

  /**
   * A run of several processes in a directory that all of them see, which is made; what is there is
   * resumed.
   *
   * @param progress takes a line now and then, of process 0 alone
   * @param ranks the processes; each has the same task
   */
  public Trainer(
      TrainingTask task, Options options, Path run, Consumer<String> progress, ProcessGroup ranks) {
    this.task = task;
    this.options = options;
    this.run = run;
    this.ranks = ranks;
    this.progress = ranks.rank() == 0 ? progress : line -> {};
    this.watch = new LossWatch(options.spike());
    this.checkpoints = new Checkpoints(run.resolve("checkpoints"), options.keep());
    for (TrainingTask.Group group : task.groups()) {
      optimisers.put(group, Optimiser.of(group.parameters(), group.settings().adam(), ranks));
    }
  }

  /**
   * Asks the run to write a checkpoint after the step that it is at, and to end; it is enough to
   * ask one of several processes.
   */
  public void stop() {
    stopping = true;
  }

  /**
   * Trains to the end, or until it is stopped.
   *
   * @throws InputException if the loss is no number or jumps; the batch is saved then
   */
  public Result run() {
    return run(atEnd -> {});
  }

  /**
   * The same.
   *
   * @param begun is told, when the run has taken up what is there and refused nothing, whether it
   *     is at its end
   */
  Result run(Consumer<Boolean> begun) {
    try (Metrics metrics = begin(begun)) {
      Curves curves = new Curves(run, progress);
      Pace pace = new Pace();
      boolean ending = false;
      while (step < options.steps() && !ending) {
        Step done = step();
        pace.add(done.drawn());
        step++;
        boolean last = step == options.steps();
        if (metrics != null && (step % options.logEvery() == 0 || last)) {
          done.measured().put(task.unit() + "_per_s", pace.rate());
          metrics.write(step, done.measured());
          progress.accept(line(done.measured(), pace));
        }
        if (step % options.validateEvery() == 0 || last) {
          validate(metrics);
        }
        ending = ranks.sum(stopping ? 1 : 0)[0] > 0; // all end together
        boolean isBest = bestStep != null && bestStep == step;
        if (step % options.checkpointEvery() == 0 || last || ending || isBest) {
          checkpoint();
          if (metrics != null) {
            curves.write();
          }
        }
      }
    } finally {
      Torch.precision(Torch.Precision.FULL);
      optimisers.values().forEach(Optimiser::close);
    }
    return new Result(step, step >= options.steps(), best, bestStep);
  }

  /** Goes on where the run is, with the same parameters everywhere; metrics are process 0's. */
  private @Nullable Metrics begin(Consumer<Boolean> begun) {
    List<Long> there = checkpoints.steps();
    long newest = there.isEmpty() ? 0 : there.get(there.size() - 1);
    long from = (long) ranks.sum(ranks.rank() == 0 ? (double) newest : 0)[0];
    if (from > 0) {
      resume(from);
    }
    begun.accept(step >= options.steps());
    for (TrainingTask.Group group : optimisers.keySet()) {
      takeOver(group.parameters());
    }
    takeOver(task.buffers());
    task.notes().forEach(progress);
    Torch.precision(options.precision());
    return ranks.rank() == 0 ? new Metrics(run, step) : null;
  }

  /** Replaces tensors by those of process 0. */
  private void takeOver(Map<String, Tensor> tensors) {
    exchange(tensors.values(), tensor -> ranks.broadcast(tensor.detach(), 0));
  }

  private static void exchange(
      Collection<Tensor> tensors, Function<Tensor, ProcessGroup.Exchange> each) {
    try (Scope scope = Scope.open()) {
      List<ProcessGroup.Exchange> exchanges = new ArrayList<>();
      tensors.forEach(tensor -> exchanges.add(each.apply(tensor)));
      exchanges.forEach(ProcessGroup.Exchange::await);
    }
  }

  /** Writes a checkpoint, for which all processes give what they have of it. */
  private void checkpoint() {
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> learnt = new TreeMap<>();
      optimisers.forEach(
          (group, optimiser) ->
              optimiser
                  .state()
                  .forEach((name, tensor) -> learnt.put(group.name() + "." + name, tensor)));
      if (ranks.rank() == 0) {
        checkpoints.write(step, bestStep, optimisers.keySet(), learnt, task.buffers(), state());
      }
    }
  }

  /** Writes the part with its best parameters, where there was validation, or its last. */
  public void write(Path directory) {
    Long chosen = bestStep;
    if (chosen != null && chosen != step) {
      checkpoints.readParameters(chosen, optimisers.keySet(), task.buffers());
    }
    task.write(directory);
  }

  /**
   * What a step did.
   *
   * @param measured by all processes together
   * @param drawn by all processes
   */
  private record Step(Map<String, Double> measured, long drawn) {}

  private Step step() {
    Map<String, Double> measured = new LinkedHashMap<>();
    Map<String, Map<String, Double>> own = new LinkedHashMap<>(); // by group
    for (TrainingTask.Group group : optimisers.keySet()) {
      Gradients.clear(group.parameters().values());
    }
    double share = 1.0 / batches();
    long drawn = 0;
    for (int i = 0; i < options.accumulate(); i++) {
      boolean last = i == options.accumulate() - 1;
      skip(ranks.rank());
      task.draw();
      drawn += task.drawn();
      for (Map.Entry<TrainingTask.Group, Optimiser> entry : optimisers.entrySet()) {
        TrainingTask.Group group = entry.getKey();
        if (last) {
          entry.getValue().expectLastPass();
        }
        Map<String, Double> sums = own.computeIfAbsent(group.name(), name -> new LinkedHashMap<>());
        task.backward(group, share)
            .forEach((name, value) -> sums.merge(name, value * share, Double::sum));
        if (last) {
          measured.putAll(ofAll(sums));
          change(group, entry.getValue(), measured);
        }
      }
      skip(ranks.size() - 1 - ranks.rank());
    }
    exchange(task.tallies(), ranks::allReduce);
    measured.putAll(task.follow());
    if (ranks.size() > 1) {
      takeOver(task.buffers());
    }
    return new Step(measured, (long) ranks.sum((double) drawn)[0]);
  }

  /** Batches of a step, those of all processes. */
  private int batches() {
    return ranks.size() * options.accumulate();
  }

  /** Passes over batches that other processes learn from. */
  private void skip(int count) {
    for (int i = 0; i < count; i++) {
      task.skip();
    }
  }

  /** Measures added over all processes, which measure the same. */
  private Map<String, Double> ofAll(Map<String, Double> own) {
    double[] sums = ranks.sum(own.values().stream().mapToDouble(Double::doubleValue).toArray());
    Map<String, Double> all = new LinkedHashMap<>();
    int i = 0;
    for (String name : own.keySet()) {
      all.put(name, sums[i++]);
    }
    return all;
  }

  private void change(TrainingTask.Group group, Optimiser optimiser, Map<String, Double> measured) {
    double clip = group.settings().clip();
    double norm = optimiser.clip(clip > 0 ? clip : Double.POSITIVE_INFINITY);
    String prefix = optimisers.size() == 1 ? "" : group.name() + "_";
    double rate = group.settings().rate().at(step, options.steps());
    measured.put(prefix + "gradient_norm", norm);
    measured.put(prefix + "rate", rate);
    check(measured.get("loss"), norm, group.settings().rate().peak());
    optimiser.step(rate);
  }

  private void check(@Nullable Double loss, double norm, double peak) {
    String complaint = watch.complaint(loss, norm);
    if (complaint == null) {
      return;
    }
    String rank = ranks.rank() == 0 ? "" : "-rank-" + ranks.rank();
    Path file = run.resolve("bad-batch-" + (step + 1) + rank + ".json");
    task.describeBatch(file);
    throw new InputException(
        String.format(
            Locale.ROOT,
            "step %d: the loss is %.4g and the norm of the gradients %.4g, %s; what was learnt"
                + " from is in %s. %s",
            step + 1,
            loss == null ? 0 : loss,
            norm,
            complaint,
            file,
            advice(peak)));
  }

  /** How to go on from the last checkpoint, which would come to the same with the same settings. */
  private String advice(double peak) {
    List<Long> there = checkpoints.steps();
    long newest = there.isEmpty() ? 0 : there.get(there.size() - 1);
    return "The same command with a lower rate than "
        + peak
        + " goes on from step "
        + newest
        + ": add --set "
        + options.section()
        + "optimiser.rate="
        + peak / 2
        + (newest == 0
            ? ""
            : "; if that fails as well, remove " + checkpoints.at(newest) + " before");
  }

  /** Process 0 measures, and all know what came of it. */
  private void validate(@Nullable Metrics metrics) {
    Map<String, Double> measured = new LinkedHashMap<>();
    if (metrics != null) {
      task.validate(step).forEach((name, value) -> measured.put("validation_" + name, value));
    }
    double[] first =
        ranks.sum(measured.size(), measured.isEmpty() ? 0 : measured.values().iterator().next());
    if (first[0] > 0 && first[1] < best) {
      best = first[1];
      bestStep = step;
    }
    if (metrics == null || measured.isEmpty()) {
      return;
    }
    metrics.write(step, measured);
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
    state.put(BATCHES, batches());
    state.put(PRECISION, precision());
    if (bestStep != null) {
      state.put("best_step", bestStep);
      state.put("best", best);
    }
    ArrayNode losses = state.putArray("recent_losses");
    watch.recent().forEach(losses::add);
    state.set("task", task.state());
    return state;
  }

  private void resume(long from) {
    ObjectNode state = checkpoints.read(from, optimisers, task.buffers());
    int before = state.path(BATCHES).asInt(batches());
    if (before != batches()) {
      throw new InputException(
          run
              + ": its steps were of "
              + before
              + " batches, but "
              + ranks.size()
              + " process(es) with accumulate="
              + options.accumulate()
              + " make "
              + batches()
              + "; set 'accumulate' so that their product is "
              + before
              + ", or begin a new run");
    }
    step = state.path("step").asLong();
    if (state.has("best_step")) {
      bestStep = state.get("best_step").asLong();
      best = state.get("best").asDouble();
    }
    state.path("recent_losses").forEach(loss -> watch.add(loss.asDouble()));
    if (!(state.get("task") instanceof ObjectNode data)) {
      throw new InputException(checkpoints.at(from) + ": its state.json has no state of the data");
    }
    task.restore(data);
    progress.accept("going on from step " + step);
    String earlier = state.path(PRECISION).asText(precision());
    if (!earlier.equals(precision())) {
      progress.accept(
          "so far products were in precision="
              + earlier
              + ", which fits the machine it began on; from here on they are in "
              + precision());
    }
  }

  private String precision() {
    return options.precision().name().toLowerCase(Locale.ROOT);
  }
}

package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.json.Json;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;

/**
 * Clusters features of speech, reading one batch of utterances at a time.
 *
 * <p>What was done lies in the run's directory; a run that was stopped at any moment and is started
 * again ends with the same centres as one that was not.
 */
public final class KMeansTraining {
  private static final String STATE = "state.safetensors";
  private static final String CENTERS = "cluster_centers"; // as core's quantizer has it
  private static final String COUNTS = "counts";

  /** Rows that begin are taken from as many batches. */
  private static final int FIRST_BATCHES = 2;

  /** The last share of the steps, in which no cluster begins anew. */
  private static final double SETTLING = 0.25;

  private final SpeechSet speech;
  private final SpeechFeatures features;
  private final Options options;
  private final Path run;
  private final Consumer<String> progress;
  private final Draws draws;
  private volatile boolean stopping;

  /**
   * How it clusters.
   *
   * @param units number of clusters V
   * @param seed of all that is drawn
   * @param batchRows rows of a batch, at least
   * @param steps batches
   * @param checkpointEvery steps between checkpoints
   */
  public record Options(int units, long seed, int batchRows, int steps, int checkpointEvery) {
    public Options {
      if (FIRST_BATCHES * (long) batchRows < units) {
        throw new InputException("'batch_rows' is too small for " + units + " units: " + batchRows);
      }
    }

    /**
     * Reads {@code units}, {@code seed}, {@code batch_rows}, {@code steps} and {@code
     * checkpoint_every}.
     */
    public static Options of(Settings settings) {
      return new Options(
          settings.positive("units", 500),
          settings.seed("seed", 1),
          settings.positive("batch_rows", 10_000),
          settings.positive("steps", 150),
          settings.positive("checkpoint_every", 10));
    }
  }

  /**
   * How it went.
   *
   * @param finished whether it was not stopped
   * @param distortion mean squared distance of the last batch's rows to their centres
   * @param used clusters that the last batch has rows of
   */
  public record Result(boolean finished, double distortion, int used) {}

  /** A run in a directory, which is made; what is there is resumed. */
  public KMeansTraining(
      SpeechSet speech,
      SpeechFeatures features,
      Options options,
      Path run,
      Consumer<String> progress) {
    this.speech = speech;
    this.features = features;
    this.options = options;
    this.run = run;
    this.progress = progress;
    this.draws = new Draws(speech.size(), options.seed());
  }

  /** Asks the run to write what it has after its step, and to end. */
  public void stop() {
    stopping = true;
  }

  /**
   * Clusters to the end, or until it is stopped, and writes {@code quantizer.safetensors} into the
   * run's directory, as {@link org.spiritlm.units.hubert.KMeansQuantizer} reads it.
   *
   * @throws InputException if there are too few frames for the clusters, or the features are no
   *     finite numbers
   */
  public Result run() {
    try {
      Files.createDirectories(run);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long step = 0;
    Clusters clusters = null;
    Path state = run.resolve(STATE);
    if (Files.exists(state)) {
      SafetensorsFile file = SafetensorsFile.open(state);
      step = restore(file);
      clusters = clusters(Weights.of(file));
      progress.accept("going on from step " + step);
    }
    if (clusters == null) {
      clusters = begin();
    }
    try (Clusters learning = clusters) {
      while (step < options.steps() && !stopping) {
        double distortion = step(learning, ++step);
        progress.accept(
            String.format(
                Locale.ROOT,
                "step %d of %d: mean squared distance %.4g",
                step,
                options.steps(),
                distortion));
        if (step % options.checkpointEvery() == 0 || step == options.steps() || stopping) {
          save(learning, step);
        }
      }
      return finish(learning, step);
    }
  }

  private Clusters begin() {
    try (Scope scope = Scope.open()) {
      List<Tensor> first = new ArrayList<>();
      for (int i = 0; i < FIRST_BATCHES; i++) {
        draws.begin();
        first.add(batch(options.batchRows()));
      }
      Tensor rows = Tensors.cat(first, 0);
      if (rows.size(0) < options.units()) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%d utterances have %d frames, too few for %d clusters; give more speech, or a"
                    + " smaller 'units'",
                speech.size(),
                rows.size(0),
                options.units()));
      }
      return Clusters.begin(rows, options.units(), new SplittableRandom(draws.seed(0)));
    }
  }

  private double step(Clusters clusters, long step) {
    draws.begin();
    try (Scope scope = Scope.open()) {
      boolean restarts = step <= options.steps() * (1 - SETTLING);
      return clusters.learn(
          batch(options.batchRows()), restarts, new SplittableRandom(draws.seed(0)));
    }
  }

  /** Rows of the next utterances, [N, D]: those of one round through all at most. */
  private Tensor batch(int least) {
    List<Tensor> all = new ArrayList<>();
    long rows = 0;
    for (int i = 0; i < speech.size() && rows < least; i++) {
      int index = draws.next();
      Tensor each = features.of(speech.samples(index)).cpu();
      if (each.size(0) > 0) {
        double sum = each.sum().item_double();
        if (!Double.isFinite(sum)) {
          throw new InputException(
              "the features of utterance '"
                  + speech.utterance(index).id()
                  + "' are no finite numbers; the encoder was trained badly, or its file is"
                  + " damaged");
        }
        all.add(each);
        rows += each.size(0);
      }
    }
    if (all.isEmpty()) {
      throw new InputException("all utterances are shorter than a frame");
    }
    return all.size() == 1 ? all.get(0) : Tensors.cat(all, 0);
  }

  private Clusters clusters(Weights weights) {
    // copies: what lies in the file must not change
    try (Scope scope = Scope.open()) {
      return new Clusters(
          Scope.detach(weights.tensor(CENTERS, options.units(), features.width()).clone()),
          Scope.detach(weights.tensor(COUNTS, options.units()).clone()));
    }
  }

  private void save(Clusters clusters, long step) {
    ObjectNode state = draws.state().put("step", step).put("seed", options.seed());
    write(
        STATE,
        Map.of(CENTERS, clusters.centers(), COUNTS, clusters.counts()),
        Map.of("state", Json.line(state)));
  }

  private long restore(SafetensorsFile file) {
    String text = file.metadata().get("state");
    if (text == null) {
      throw new CheckpointException(run.resolve(STATE) + ": is not what this stage writes");
    }
    ObjectNode state = Json.parse(text, run.resolve(STATE).toString());
    if (state.path("seed").asLong() != options.seed()) {
      throw new InputException(
          run + ": holds a run with another seed; go on with that, or give another directory");
    }
    draws.restore(state);
    return state.path("step").asLong();
  }

  private Result finish(Clusters clusters, long step) {
    boolean finished = step >= options.steps();
    if (finished) {
      write("quantizer.safetensors", Map.of(CENTERS, clusters.centers()), Map.of("format", "pt"));
    }
    draws.begin();
    try (Scope scope = Scope.open()) {
      Clusters.Nearest nearest = clusters.nearest(batch(options.batchRows()));
      boolean[] used = new boolean[options.units()];
      for (int cluster : Tensors.ints(nearest.clusters())) {
        used[cluster] = true;
      }
      int count = 0;
      for (boolean each : used) {
        count += each ? 1 : 0;
      }
      return new Result(finished, nearest.squares().mean().item_double(), count);
    }
  }

  /** Writes a file beside its place and renames it. */
  private void write(String name, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Path place = run.resolve(name);
    Path beside = run.resolve(name + ".new");
    try {
      Files.deleteIfExists(beside);
      SafetensorsWriter.write(beside, tensors, metadata);
      Files.move(
          beside, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

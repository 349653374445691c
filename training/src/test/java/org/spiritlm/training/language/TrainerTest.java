package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Trainer;

/** A run that is resumed ends as one that never stopped, and stops where it must. */
final class TrainerTest {
  private static final int VOCABULARY = 32;

  @TempDir private Path directory;

  private static LlamaConfig config() {
    return LlamaConfig.read(
            ConfigFile.read(Golden.path("checkpoints/extra/train_llama/config.json")))
        .withVocabulary(VOCABULARY);
  }

  private static LanguageTask task(double rate, DocumentSource source) {
    return new LanguageTask(
        Weights.initialise(1),
        config(),
        LanguageTask.Way.WHOLE,
        new OptimiserSettings(
            new LearningRate(rate, 3, LearningRate.Schedule.COSINE, 0.1),
            new AdamW.Options(0.9, 0.95, 1e-8, 0.1),
            1),
        source,
        (model, step) -> {
          Map<String, Double> measures = new LinkedHashMap<>();
          measures.put("loss", 1.0);
          return measures;
        },
        (path, shape, parameters) -> {});
  }

  private static LanguageTask task(double rate) {
    return task(rate, new RandomDocuments(VOCABULARY, 4, 12));
  }

  private static Trainer.Options options(int steps, int accumulate) {
    return new Trainer.Options(steps, accumulate, 3, 2, 5, 1, 10, Torch.Precision.FULL, "");
  }

  private static Map<String, List<Float>> values(LanguageTask task) {
    Map<String, List<Float>> values = new LinkedHashMap<>();
    Map<String, Tensor> parameters = task.groups().get(0).parameters();
    parameters.forEach(
        (name, tensor) -> {
          List<Float> list = new ArrayList<>();
          for (float value : Tensors.floats(tensor)) {
            list.add(value);
          }
          values.put(name, list);
        });
    return values;
  }

  @Test
  void learns() throws IOException {
    try (LanguageTask task = task(0.01)) {
      List<String> lines = new ArrayList<>();
      new Trainer(task, options(40, 1), directory, lines::add).run();
      List<JsonLine> metrics = Json.lines(directory.resolve("metrics.jsonl"));
      double first = metrics.get(0).number("loss");
      double last = loss(metrics, 40);
      assertThat(first).isEqualTo(Math.log(VOCABULARY), within(0.2));
      assertThat(last).isLessThan(first / 4);
      assertThat(lines).anyMatch(line -> line.startsWith("step 40 of 40: loss "));
      BufferedImage curves = ImageIO.read(directory.resolve("curves.png").toFile());
      // loss with that of the validation, gradient norm, rate and tokens a second
      assertThat(curves.getWidth()).isEqualTo(2 * 640);
      assertThat(curves.getHeight()).isEqualTo(2 * 320);
    }
  }

  /** Settings that leave the precision to the machine may mean another one where a run goes on. */
  @Test
  void anotherPrecisionIsSaid() {
    List<String> lines = new ArrayList<>();
    for (Torch.Precision precision : List.of(Torch.Precision.FULL, Torch.Precision.BFLOAT16)) {
      try (LanguageTask task = task(0.01)) {
        Trainer.Options some =
            new Trainer.Options(
                precision == Torch.Precision.FULL ? 2 : 3, 1, 1, 2, 5, 1, 10, precision, "");
        new Trainer(task, some, directory, lines::add).run();
      }
    }
    assertThat(lines)
        .anyMatch(
            line ->
                line.contains("precision=full")
                    && line.endsWith("from here on they are in bfloat16"));
  }

  private static double loss(List<JsonLine> metrics, int step) {
    return metrics.stream()
        .filter(line -> line.number("step") == step && line.object().has("loss"))
        .findFirst()
        .orElseThrow()
        .number("loss");
  }

  @Test
  void resumedEqualsUninterrupted() throws IOException {
    Map<String, List<Float>> uninterrupted;
    try (LanguageTask task = task(0.01)) {
      assertThat(new Trainer(task, options(20, 1), directory.resolve("a"), line -> {}).run())
          .extracting(Trainer.Result::finished)
          .isEqualTo(true);
      uninterrupted = values(task);
    }
    Path run = directory.resolve("b");
    // stopped where it may be, then broken off in the middle of a step, twice
    for (int after : new int[] {4, 7, 11}) {
      Broken source = new Broken(after);
      try (LanguageTask task = task(0.01, source)) {
        Trainer trainer = new Trainer(task, options(20, 1), run, line -> {});
        source.stops = trainer;
        if (after == 4) {
          assertThat(trainer.run().finished()).isFalse();
        } else {
          assertThatThrownBy(trainer::run).isInstanceOf(IllegalStateException.class);
        }
      }
    }
    Files.createDirectory(run.resolve("checkpoints/000000099.part")); // killed while writing
    try (LanguageTask task = task(0.01)) {
      new Trainer(task, options(20, 1), run, line -> {}).run();
      assertThat(values(task)).isEqualTo(uninterrupted);
    }
    assertThat(Json.lines(run.resolve("metrics.jsonl")))
        .filteredOn(line -> line.object().has("loss"))
        .extracting(line -> (int) line.number("step"))
        .containsExactlyElementsOf(Stream.iterate(1, i -> i + 1).limit(20).toList());
    try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
      assertThat(checkpoints.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("000000005", "000000018", "000000020");
    }
  }

  /** Documents that fail at a step, or stop the trainer there. */
  private static final class Broken implements DocumentSource {
    private final RandomDocuments documents = new RandomDocuments(VOCABULARY, 4, 12);
    private final int after;
    private Trainer stops;
    private int drawn;

    Broken(int after) {
      this.after = after;
    }

    @Override
    public List<TrainingDocument> next() {
      if (++drawn == after) {
        if (after > 4) {
          throw new IllegalStateException("broken off");
        }
        stops.stop();
      }
      return documents.next();
    }

    @Override
    public ObjectNode state() {
      return documents.state();
    }

    @Override
    public void restore(ObjectNode state) {
      documents.restore(state);
    }
  }

  @Test
  void accumulatedBatchesAreOneLargeBatch() {
    Map<String, List<Float>> small;
    try (LanguageTask task = task(0.01, new Halves(true))) {
      new Trainer(task, options(5, 2), directory.resolve("a"), line -> {}).run();
      small = values(task);
    }
    try (LanguageTask task = task(0.01, new Halves(false))) {
      new Trainer(task, options(5, 1), directory.resolve("b"), line -> {}).run();
      Map<String, List<Float>> large = values(task);
      large.forEach(
          (name, expected) -> {
            for (int i = 0; i < expected.size(); i++) {
              assertThat(small.get(name).get(i)).as(name).isEqualTo(expected.get(i), within(2e-4f));
            }
          });
    }
  }

  /** The same documents of one length, all at once or in two batches. */
  private static final class Halves implements DocumentSource {
    private final boolean halves;
    private int drawn;

    Halves(boolean halves) {
      this.halves = halves;
    }

    @Override
    public List<TrainingDocument> next() {
      int step = drawn++;
      List<TrainingDocument> all = new ArrayList<>();
      for (int i = 0; i < (halves ? 2 : 4); i++) {
        int first = (halves ? 2 : 4) * step + i;
        int[] ids = new int[6];
        for (int j = 0; j < ids.length; j++) {
          ids[j] = (3 * first + j) % VOCABULARY;
        }
        all.add(TrainingDocument.of(ids));
      }
      return all;
    }

    @Override
    public ObjectNode state() {
      return Json.object();
    }

    @Override
    public void restore(ObjectNode state) {}
  }

  @Test
  void whatIsNoNumberStopsAndSavesTheBatch() {
    try (LanguageTask task = task(1e30)) {
      Trainer trainer = new Trainer(task, options(20, 1), directory, line -> {});
      assertThatThrownBy(trainer::run)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("bad-batch-")
          .hasMessageEndingWith(
              "The same command with a lower rate than 1.0E30 goes on from step 0: add --set"
                  + " optimiser.rate=5.0E29");
      assertThat(directory.toFile().list()).anyMatch(name -> name.startsWith("bad-batch-"));
    }
  }

  @Test
  void aRunThatFailedGoesOnWithALowerRateAsIfItHadNeverFailed() throws IOException {
    Path failed = directory.resolve("failed");
    Path never = directory.resolve("never");
    for (Path run : List.of(failed, never)) {
      Broken source = new Broken(4);
      try (LanguageTask task = task(0.01, source)) {
        source.stops = new Trainer(task, options(20, 1), run, line -> {});
        assertThat(source.stops.run().step()).isEqualTo(4);
      }
    }
    try (LanguageTask task = task(1e30)) {
      Trainer trainer = new Trainer(task, options(20, 1), failed, line -> {});
      assertThatThrownBy(trainer::run)
          .isInstanceOf(InputException.class)
          .hasMessageEndingWith("remove " + failed.resolve("checkpoints/000000005") + " before");
    }
    // which was written after a step at that rate
    try (Stream<Path> files = Files.list(failed.resolve("checkpoints/000000005"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(failed.resolve("checkpoints/000000005"));
    List<Map<String, List<Float>>> ends = new ArrayList<>();
    for (Path run : List.of(failed, never)) {
      try (LanguageTask task = task(0.001)) {
        assertThat(new Trainer(task, options(20, 1), run, line -> {}).run().finished()).isTrue();
        ends.add(values(task));
      }
    }
    assertThat(ends.get(0)).isEqualTo(ends.get(1));
  }

  @Test
  void aLossThatJumpsStopsAndSavesTheBatchAlsoAfterTheRunHasGoneOn() throws IOException {
    List<String> said = new ArrayList<>();
    for (int time = 0; time < 2; time++) {
      try (LanguageTask task = task(0.01, new Spoilt())) {
        Trainer trainer = new Trainer(task, options(80, 1), directory, line -> {});
        Throwable failure = catchThrowable(trainer::run);
        assertThat(failure)
            .isInstanceOf(InputException.class)
            .hasMessageStartingWith("step " + Spoilt.BATCH + ": the loss is ")
            .hasMessageContaining("after a mean loss of ")
            .hasMessageContaining("('spike' is 10.0)");
        said.add(failure.getMessage());
      }
    }
    assertThat(said.get(1)).as("compared with the same losses").isEqualTo(said.get(0));
    Path batch = directory.resolve("bad-batch-" + Spoilt.BATCH + ".json");
    assertThat(Json.file(batch).at("/documents/0")).isEqualTo(Json.array(Spoilt.IDS));
    Trainer.Options never = new Trainer.Options(80, 1, 3, 2, 5, 1, 0, Torch.Precision.FULL, "");
    try (LanguageTask task = task(0.01, new Spoilt())) {
      assertThat(new Trainer(task, never, directory, line -> {}).run().finished()).isTrue();
    }
  }

  /** Documents that are easily learnt, but for one batch. */
  private static final class Spoilt implements DocumentSource {
    static final int BATCH = 76;
    static final int[] IDS = {9, 1, 17, 4, 30, 2, 11, 25};
    private int drawn;

    @Override
    public List<TrainingDocument> next() {
      return List.of(
          TrainingDocument.of(
              ++drawn == BATCH ? IDS.clone() : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8}));
    }

    @Override
    public ObjectNode state() {
      return Json.object().put("drawn", drawn);
    }

    @Override
    public void restore(ObjectNode state) {
      drawn = state.get("drawn").asInt();
    }
  }

  @Test
  void checkpointsOfAnotherModelAreRefused() {
    try (LanguageTask task = task(0.01)) {
      new Trainer(task, options(3, 1), directory, line -> {}).run();
    }
    try (LanguageTask other =
        new LanguageTask(
            Weights.initialise(1),
            config().withVocabulary(VOCABULARY + 1),
            LanguageTask.Way.WHOLE,
            task(0.01).groups().get(0).settings(),
            new RandomDocuments(VOCABULARY, 1, 4),
            (model, step) -> Map.of(),
            (path, shape, parameters) -> {})) {
      Trainer trainer = new Trainer(other, options(6, 1), directory, line -> {});
      assertThatThrownBy(trainer::run)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("[32, 64], expected [33, 64]");
    }
  }
}

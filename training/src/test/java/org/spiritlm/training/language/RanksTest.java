package org.spiritlm.training.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.Golden;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TogetherRanks;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingRun;

/** Several processes train a language model as one does with as many batches. */
final class RanksTest {
  private static final int VOCABULARY = 32;
  private static final int STEPS = 20;

  @TempDir private Path directory;

  private List<Double> alone = List.of();

  private static LanguageTask task(Path run) {
    LlamaConfig config =
        LlamaConfig.read(ConfigFile.read(Golden.path("checkpoints/extra/train_llama/config.json")))
            .withVocabulary(VOCABULARY);
    return new LanguageTask(
        Weights.initialise(1),
        config,
        LanguageTask.Way.WHOLE,
        new OptimiserSettings(
            new LearningRate(0.01, 3, LearningRate.Schedule.COSINE, 0.1),
            new AdamW.Options(0.9, 0.95, 1e-8, 0.1),
            1),
        new RandomDocuments(VOCABULARY, 2, 12),
        (model, step) -> Map.of("loss", 1.0),
        (path, shape, parameters) -> {});
  }

  private void train(String run, int ranks, int accumulate, int stopAfter) {
    Path place = directory.resolve(run);
    for (Trainer.Result result :
        TogetherRuns.run(RanksTest::task, place, STEPS, ranks, accumulate, stopAfter)) {
      assertThat(result.step()).isEqualTo(stopAfter == 0 ? STEPS : stopAfter);
      assertThat(result.finished()).isEqualTo(stopAfter == 0);
    }
  }

  private List<Double> losses(String run) {
    return TogetherRuns.losses(directory.resolve(run));
  }

  @BeforeEach
  void trainAlone() {
    train("alone", 1, 6, 0);
    alone = losses("alone");
    assertThat(alone).hasSize(STEPS);
    assertThat(alone.get(STEPS - 1)).isLessThan(alone.get(0) / 2);
  }

  @ParameterizedTest
  @CsvSource({"2, 3", "3, 2", "6, 1"})
  void togetherAsAlone(int ranks, int accumulate) {
    train("together", ranks, accumulate, 0);
    TogetherRuns.assertSame(losses("together"), alone);
    assertThat(state("together")).isEqualTo(state("alone"));
  }

  /** The names and shapes of a checkpoint's tensors. */
  private Map<String, String> state(String run) {
    Map<String, String> shapes = new TreeMap<>();
    Path checkpoint = directory.resolve(run).resolve("checkpoints/000000020");
    for (String file : List.of("parameters.safetensors", "optimiser.safetensors")) {
      SafetensorsFile tensors = SafetensorsFile.open(checkpoint.resolve(file));
      tensors.names().forEach(name -> shapes.put(name, tensors.info(name).toString()));
    }
    return shapes;
  }

  @Test
  void goesOnWithAnotherNumberOfProcesses() {
    train("run", 2, 3, 5);
    train("run", 1, 6, 9);
    train("run", 3, 2, 14);
    train("run", 2, 3, 0);
    TogetherRuns.assertSame(losses("run"), alone);
  }

  @Test
  void aStepOfOtherBatchesIsRefused() {
    train("run", 2, 3, 5);
    assertThatThrownBy(() -> train("run", 2, 2, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("its steps were of 6 batches, but 2 process(es) with accumulate=2")
        .hasMessageContaining("make 4; set 'accumulate' so that their product is 6");
  }

  @Test
  void aProcessWithOtherSettingsIsRefused() {
    Path run = directory.resolve("run");
    assertThatThrownBy(
            () ->
                TogetherRanks.run(
                    2,
                    group -> {
                      Settings settings = Settings.none().with("steps=" + (5 + group.rank()));
                      settings.positive("steps", 1);
                      try (TrainingRun open =
                          TrainingRun.open(run, settings.resolved(), List.of(), List.of(), group)) {
                        return open.directory();
                      }
                    }))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rank 1 has other settings than rank 0");
    assertThat(Files.exists(run.resolve("settings.json"))).as("none were accepted").isFalse();
  }
}

package org.spiritlm.training.voice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.TogetherRanks;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.training.Trainer;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchFeature;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;

/**
 * Contours are learnt with all codes in use, and what is written gives the codes that were learnt.
 */
final class PitchTaskTest {
  private static final Melodies HELD_OUT = new Melodies(4, 203, 1000);

  @TempDir private Path directory;

  private static PitchTask task(String... more) {
    Settings settings = Settings.none();
    List<String> all =
        new ArrayList<>(
            List.of(
                "network.width=16",
                "network.depth=2",
                "network.downs=2",
                "network.embedding=8",
                "network.codes=16",
                "optimiser.rate=0.003",
                "segment=64",
                "batch=8"));
    all.addAll(List.of(more));
    for (String one : all) {
      settings = settings.with(one);
    }
    PitchTask task =
        PitchTask.of(
            settings, Device.CPU, new Melodies(12, 300, 1), HELD_OUT, Melodies::extract, null);
    settings.finish();
    return task;
  }

  private static Trainer trainer(PitchTask task, Path run, int steps) {
    return new Trainer(
        task,
        new Trainer.Options(steps, 1, 4, 2, 50, 1, 10, Torch.Precision.FULL, ""),
        run,
        line -> {});
  }

  private static double at(List<JsonLine> metrics, String key, int step) {
    return metrics.stream()
        .filter(line -> line.object().has(key) && line.number("step") == step)
        .findFirst()
        .orElseThrow()
        .number(key);
  }

  /** Codes follow the batches of all processes, and those that are dead begin anew alike. */
  @Test
  void togetherAsAlone() {
    Path together =
        TogetherRuns.assertTogetherAsAlone(
            run -> task("codebook.decay=0.8", "codebook.dead_below=0.5"), directory, 12);
    assertThat(Json.lines(together.resolve("metrics.jsonl")))
        .filteredOn(line -> line.object().path("restarted").asDouble() > 0)
        .hasSizeGreaterThan(3);
  }

  @Test
  void processesHaveOneCodebook() {
    List<List<float[]>> codebooks =
        TogetherRanks.run(
            2,
            group -> {
              try (PitchTask task = task()) {
                Trainer.Options options =
                    new Trainer.Options(3, 1, 3, 1, 3, 1, 10, Torch.Precision.FULL, "");
                new Trainer(task, options, directory.resolve("run"), line -> {}, group).run();
                return task.buffers().values().stream().map(Tensors::floats).toList();
              }
            });
    assertThat(codebooks.get(0)).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(codebooks.get(1).get(i)).containsExactly(codebooks.get(0).get(i));
    }
  }

  /** Where speakers are balanced, recordings of some stand several times. */
  @Test
  void thePitchOfEachRecordingIsFoundOnce() {
    VoiceItems items = VoiceItems.of(new Melodies(2, 300, 1), List.of(0, 0, 0, 1));
    List<float[]> asked = new ArrayList<>();
    PitchContours contours =
        new PitchContours(
            PitchQuantizerConfig.RELEASED,
            items,
            samples -> {
              asked.add(samples);
              return Melodies.extract(samples);
            },
            30,
            64);
    List<float[]> rows = IntStream.range(0, 4).mapToObj(contours::rows).toList();
    assertThat(asked).hasSize(2);
    assertThat(rows.get(1)).isEqualTo(rows.get(0));
    assertThat(rows.get(3)).isNotEqualTo(rows.get(0));
  }

  @Test
  void learnsAndIsWritten() {
    try (PitchTask task = task()) {
      trainer(task, directory.resolve("run"), 200).run();
      List<JsonLine> metrics = Json.lines(directory.resolve("run/metrics.jsonl"));
      assertThat(at(metrics, "validation_error", 200))
          .isLessThan(0.5 * at(metrics, "validation_error", 50));
      assertThat(at(metrics, "validation_codes_in_use", 200)).isGreaterThanOrEqualTo(12);
      assertThat(at(metrics, "validation_perplexity", 200)).isBetween(6.0, 16.0);
      assertThat(at(metrics, "validation_pitch_error_hertz", 200)).isLessThan(15);
      assertThat(at(metrics, "validation_voicing_errors", 200)).isLessThan(0.15);
      Path written = directory.resolve("pitch");
      task.write(written);
      assertThat(written.resolve("fcpe.safetensors")).doesNotExist(); // the released one is taken
      PitchQuantizer quantizer =
          new PitchQuantizer(
              Weights.of(SafetensorsFile.open(written.resolve("vqvae.safetensors"))),
              PitchQuantizerConfig.read(written.resolve("vqvae.json")));
      for (int i = 0; i < HELD_OUT.count(); i++) {
        int[] codes;
        try (Scope scope = Scope.open()) {
          codes = Tensors.ints(Objects.requireNonNull(task.coded(i)).codes());
        }
        int[] found = quantizer.encode(Melodies.extract(HELD_OUT.samples(i)));
        // the part behind the last whole code changes what the last ones see
        int same = codes.length - 8;
        assertThat(found).hasSameSizeAs(codes);
        assertThat(java.util.Arrays.copyOf(found, same))
            .isEqualTo(java.util.Arrays.copyOf(codes, same));
      }
    }
  }

  @Test
  void resumedEqualsUninterrupted() {
    Map<String, List<Float>> whole;
    try (PitchTask task = task()) {
      trainer(task, directory.resolve("a"), 30).run();
      whole = ParameterValues.of(task);
    }
    Path run = directory.resolve("b");
    try (PitchTask task = task()) {
      Trainer trainer = trainer(task, run, 30);
      trainer.stop();
      assertThat(trainer.run().finished()).isFalse();
    }
    try (PitchTask task = task()) {
      assertThat(trainer(task, run, 30).run().step()).isEqualTo(30);
      assertThat(ParameterValues.of(task)).isEqualTo(whole);
    }
  }

  /**
   * The encoder and the released layout's names: all tensors are taken, and the codes are core's.
   */
  @Test
  void theReleasedLayoutIsRead() {
    Path parity = VoiceModels.parity("speech_tokenizer/vqvae_f0_quantizer");
    PitchQuantizerConfig config = PitchQuantizerConfig.read(parity.resolve("config.yaml"));
    PickleFile file = PickleFile.open(parity.resolve("model.pt"));
    PitchQuantizer fast = new PitchQuantizer(Weights.of(file.at("model")), config);
    Weights weights = Weights.of(file.at("model"));
    TrainablePitchQuantizer plain = new TrainablePitchQuantizer(weights, config);
    weights.finish(name -> name.equals("vq.level_blocks.0.k"));
    PitchContour contour = Melodies.extract(new Melodies(1, 209, 3).samples(0));
    try (Scope scope = Scope.open()) {
      float[] rows = PitchFeature.rows(config.features(), contour);
      float[] expected = Tensors.floats(fast.latent(contour)); // [T / 16, E]
      float[] found =
          Tensors.floats(
              plain
                  .encode(Tensors.of(rows, 209, 2).t().unsqueeze(0))
                  .squeeze(0)
                  .t()); // [T / 16, E]
      assertThat(found).hasSameSizeAs(expected);
      for (int i = 0; i < found.length; i++) {
        assertThat(found[i]).isCloseTo(expected[i], org.assertj.core.api.Assertions.within(1e-3f));
      }
      assertThat(plain.decode(Tensors.of(expected, 13, 128).t().unsqueeze(0)).size(2))
          .isEqualTo(13 * 16);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> task("segment=30"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("multiple of the 4 frames");
    assertThatThrownBy(() -> task("segment=400"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none of 12 recordings has the 400 frames");
    assertThatThrownBy(() -> task("codebook.decay=1"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("codebook.decay");
  }
}

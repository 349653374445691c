package org.spiritlm.training.voice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.TrainingTask;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** Toy voices are learnt, a resumed run ends as one that never stopped, and the part is usable. */
final class VocoderTaskTest {
  private static final int HOP = 64;

  @TempDir private Path directory;

  private static Settings settings(String... more) {
    Settings settings = Settings.none();
    for (String one :
        List.of(
            "network.channels=16",
            "network.rates='8,4,2'",
            "network.kernels='16,8,4'",
            "network.residual_kernels='3'",
            "network.residual_dilations='1,3'",
            "network.embedding=8",
            "network.duration_channels=8",
            "network.units=6",
            "network.pitch_codes=4",
            "network.style_tokens=3",
            "network.pitch_hop=128",
            "network.style_hop=320",
            "discriminators.periods='2,3'",
            "discriminators.scales=2",
            "discriminators.width=32",
            "mel.window=256",
            "mel.hop=64",
            "mel.mels=20",
            "optimiser.rate=0.002",
            "batch=4",
            "segment=16",
            "samples=2")) {
      settings = settings.with(one);
    }
    for (String one : more) {
      settings = settings.with(one);
    }
    return settings;
  }

  private static VocoderTask task(Path run, String... more) {
    return task(run, settings(more));
  }

  private static VocoderTask task(Path run, Settings settings) {
    VocoderTask task =
        VocoderTask.of(
            settings,
            Device.CPU,
            new Voices(6, 40, HOP, 1),
            new Voices(2, 30, HOP, 100),
            run,
            () -> Voices::contour);
    settings.finish();
    return task;
  }

  private static Trainer trainer(TrainingTask task, Path run, int steps) {
    return new Trainer(
        task,
        new Trainer.Options(steps, 1, 4, 2, 20, 1, 0, Torch.Precision.FULL, ""),
        run,
        line -> {});
  }

  private static double mean(List<JsonLine> metrics, String key, int from, int to) {
    return metrics.stream()
        .filter(line -> line.object().has(key))
        .filter(line -> line.number("step") > from && line.number("step") <= to)
        .mapToDouble(line -> line.number(key))
        .average()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void learnsAndIsWritten(String conditions) {
    assertLearns(
        conditions,
        List.of("mel_loss", "duration_loss"),
        List.of("validation_mel", "validation_durations"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void aSourceLearnsThePitch(String conditions) {
    assertLearns(
        conditions,
        List.of("mel_loss", "duration_loss", "contour_loss"),
        List.of("validation_durations"),
        "network.rates='2'",
        "network.kernels='4'",
        "network.source_hop=32",
        "network.source_bands=8",
        "mel.windows=2");
  }

  private void assertLearns(
      String conditions, List<String> falling, List<String> fallingHeldOut, String... more) {
    List<String> settings = new ArrayList<>(List.of(more));
    settings.add("conditions=" + conditions);
    try (VocoderTask task = task(directory, settings.toArray(String[]::new))) {
      Trainer trainer = trainer(task, directory, 60);
      trainer.run();
      List<JsonLine> metrics = Json.lines(directory.resolve("metrics.jsonl"));
      for (String key : falling) {
        assertThat(mean(metrics, key, 50, 60)).as(key).isLessThan(0.8 * mean(metrics, key, 0, 10));
      }
      for (String key : fallingHeldOut) {
        assertThat(mean(metrics, key, 59, 60)).as(key).isLessThan(mean(metrics, key, 19, 20));
      }
      assertThat(mean(metrics, "discriminator_loss", 40, 60))
          .isLessThan(mean(metrics, "discriminator_loss", 0, 5));
      Path written = directory.resolve("vocoder");
      task.write(written);
      VocoderConfig config = VocoderConfig.read(written);
      assertThat(config.speakers()).containsExactly("high", "low");
      assertThat(config.styles())
          .isEqualTo(conditions.equals("base") ? List.of("flat", "loud") : List.of());
      Vocoder vocoder =
          new Vocoder(
              Weights.of(SafetensorsFile.open(written.resolve("model.safetensors"))), config);
      SpeechUnits units = new Voices(2, 30, HOP, 100).item(0).units();
      float[] spoken =
          vocoder
              .synthesize(
                  units, VoiceOptions.standard().withSpeaker("low").withPredictedDurations(false))
              .audio()
              .samples();
      Audio sample =
          AudioReader.read(
              directory.resolve("samples/000000060/0-voices_0.wav"), AudioReader.Options.speech());
      assertThat(spoken).hasSameSizeAs(sample.samples());
      for (int i = 0; i < spoken.length; i++) {
        assertThat(spoken[i]).isEqualTo(sample.samples()[i], within(1e-4f));
      }
    }
  }

  @Test
  void resumedEqualsUninterrupted() {
    Map<String, List<Float>> whole;
    try (VocoderTask task = task(directory.resolve("a"))) {
      trainer(task, directory.resolve("a"), 10).run();
      whole = ParameterValues.of(task);
    }
    Path run = directory.resolve("b");
    try (VocoderTask task = task(run)) {
      Trainer trainer = trainer(task, run, 10);
      trainer.stop();
      assertThat(trainer.run().finished()).isFalse();
    }
    try (VocoderTask task = task(run)) {
      Trainer trainer = trainer(task, run, 10);
      assertThat(trainer.run().step()).isEqualTo(10);
      assertThat(ParameterValues.of(task)).isEqualTo(whole);
    }
  }

  /**
   * The first judgement of two processes is that of one with both batches; afterwards each of
   * theirs meets changed discriminators, and of the one's only the last.
   */
  @Test
  void twoProcessesLearnTogether() {
    Path alone = directory.resolve("alone");
    TogetherRuns.run(run -> task(run), alone, 1, 1, 2, 0);
    Path through = directory.resolve("through");
    TogetherRuns.run(run -> task(run), through, 6, 2, 1, 0);
    Path stopped = directory.resolve("stopped");
    TogetherRuns.run(run -> task(run), stopped, 6, 2, 1, 3);
    TogetherRuns.run(run -> task(run), stopped, 6, 2, 1, 0);
    TogetherRuns.assertSame(TogetherRuns.losses(stopped), TogetherRuns.losses(through));
    double judged = mean(Json.lines(alone.resolve("metrics.jsonl")), "discriminator_loss", 0, 1);
    assertThat(mean(Json.lines(through.resolve("metrics.jsonl")), "discriminator_loss", 0, 1))
        .isEqualTo(judged, within(1e-5 * judged));
  }

  /** Until then the discriminators stay as they are, and the generator learns from spectra. */
  @Test
  void discriminatorsMayComeLater() {
    String from = "discriminators.from=4";
    Map<String, List<Float>> fresh;
    try (VocoderTask task = task(directory.resolve("fresh"), from)) {
      fresh = ParameterValues.of(task);
    }
    for (int steps : new int[] {4, 5}) {
      Path run = directory.resolve("steps-" + steps);
      try (VocoderTask task = task(run, from)) {
        trainer(task, run, steps).run();
        Map<String, List<Float>> learnt = ParameterValues.of(task);
        for (TrainingTask.Group group : task.groups()) {
          boolean changes = group.name().equals("generator") || steps == 5;
          for (String name : group.parameters().keySet()) {
            String key = group.name() + "." + name;
            assertThat(learnt.get(key).equals(fresh.get(key))).as(key).isEqualTo(!changes);
          }
        }
        List<JsonLine> metrics = Json.lines(run.resolve("metrics.jsonl"));
        for (String key : List.of("discriminator_loss", "adversarial_loss", "feature_loss")) {
          assertThat(mean(metrics, key, 0, 4)).as(key).isZero();
          if (steps == 5) {
            assertThat(mean(metrics, key, 4, 5)).as(key).isPositive();
          }
        }
      }
    }
  }

  /** It begins as what it had become, and needs no sizes; other shapes are fresh. */
  @Test
  void learnsOn() {
    Path before = directory.resolve("before");
    Map<String, List<Float>> learnt;
    try (VocoderTask task = task(before)) {
      trainer(task, before, 2).run();
      task.write(before.resolve("vocoder"));
      learnt = speaker(ParameterValues.of(task));
    }
    String start = "start=" + before.resolve("vocoder");
    try (VocoderTask task = task(before, onlyWithStart(start))) {
      assertThat(speaker(ParameterValues.of(task))).isEqualTo(learnt);
      trainer(task, directory.resolve("on"), 1).run();
    }
    try (VocoderTask task =
        task(before, start, "network.residual_dilations='2'", "network.style_tokens=5")) {
      Map<String, List<Float>> begun = speaker(ParameterValues.of(task));
      String style = "generator.style_dict.weight";
      assertThat(begun.get(style)).hasSize(5 * learnt.get(style).size() / 3);
      begun.remove(style);
      assertThat(begun)
          .isNotEmpty()
          .allSatisfy((name, values) -> assertThat(values).isEqualTo(learnt.get(name)));
      assertThat(begun).doesNotContainKey("generator.resblocks.0.convs1.1.bias");
    }
  }

  @Test
  void blocksKeepDilationsOfTheirOwn() throws IOException {
    Path before = directory.resolve("before");
    try (VocoderTask task = task(before, "network.residual_kernels='3,5'")) {
      task.write(before.resolve("vocoder"));
    }
    Path config = before.resolve("vocoder/config.json");
    String written = Files.readString(config);
    String other = written.replaceFirst("1, 3", "1, 2");
    assertThat(other).isNotEqualTo(written);
    Files.writeString(config, other);
    try (VocoderTask task = task(before, onlyWithStart("start=" + before.resolve("vocoder")))) {
      task.write(before.resolve("after"));
    }
    assertThat(VocoderConfig.read(before.resolve("after")).generator().residualDilations())
        .containsExactly(List.of(1, 2), List.of(1, 3));
  }

  @Test
  void blocksAreGivenDilationsOfTheirOwn() {
    String kernels = "network.residual_kernels='3,5'";
    String start = "start=" + directory.resolve("vocoder");
    try (VocoderTask task = task(directory, kernels, "network.residual_dilations='1,3;2'")) {
      task.write(directory.resolve("vocoder"));
    }
    assertThat(VocoderConfig.read(directory.resolve("vocoder")).generator().residualDilations())
        .containsExactly(List.of(1, 3), List.of(2));
    try (VocoderTask task = task(directory, start, kernels, "network.residual_dilations='1;2'")) {
      task.write(directory.resolve("on"));
    }
    assertThat(VocoderConfig.read(directory.resolve("on")).generator().residualDilations())
        .containsExactly(List.of(1), List.of(2));
    assertThatThrownBy(() -> task(directory, kernels, "network.residual_dilations='1;2;3'"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("one for each of the 2 'residual_kernels'")
        .hasMessageContaining("found 1;2;3");
    assertThatThrownBy(() -> task(directory, kernels, "network.residual_dilations='1;'"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("whole numbers");
  }

  /** What is known of a voice stays with its name. */
  @Test
  void voicesKeepWhatIsKnownOfThem() throws IOException {
    Path before = directory.resolve("before");
    List<Float> learnt;
    try (VocoderTask task = task(before)) {
      task.write(before.resolve("vocoder"));
      learnt = ParameterValues.of(task).get("generator.spkr.weight");
    }
    Path names = before.resolve("vocoder/speakers.txt");
    assertThat(names).hasContent("high\nlow");
    Files.writeString(names, "low\nother\n");
    try (VocoderTask task = task(before, "start=" + before.resolve("vocoder"), "seed=5")) {
      List<Float> begun = ParameterValues.of(task).get("generator.spkr.weight");
      int width = learnt.size() / 2;
      assertThat(begun.subList(width, 2 * width)).isEqualTo(learnt.subList(0, width));
      assertThat(begun.subList(0, width)).doesNotContainAnyElementsOf(learnt);
    }
  }

  @Test
  void saysWhatIsWrongWithTheStart() throws IOException {
    Path before = directory.resolve("before");
    try (VocoderTask task = task(before)) {
      task.write(before.resolve("vocoder"));
    }
    String start = "start=" + before.resolve("vocoder");
    for (String other : List.of("network.units=7", "network.embedding=16")) {
      assertThatThrownBy(() -> task(before, start, other))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("the vocoder of 'start' has 6 units in vectors of 8");
    }
    Path tensors = before.resolve("vocoder/model.safetensors");
    Files.delete(tensors);
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(
          tensors, Map.of("conv_pre.weight", Tensors.of(new float[1], 1)), Map.of());
    }
    assertThatThrownBy(() -> task(before, start))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("weight norm was removed");
    assertThatThrownBy(() -> task(before, "start=" + before))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void refusesRatesBeyondAllMeasure() {
    assertThatThrownBy(
            () -> task(directory, "network.rates='99999,99999'", "network.kernels='99999,99999'"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'network.rates' make too many samples");
  }

  /** Without the network's sizes. */
  private static Settings onlyWithStart(String start) {
    Settings settings = Settings.none();
    for (String one : List.of(start, "segment=16", "mel.window=256", "discriminators.width=32")) {
      settings = settings.with(one);
    }
    return settings;
  }

  /** What belongs to the vocoder, not to the discriminators. */
  private static Map<String, List<Float>> speaker(Map<String, List<Float>> parameters) {
    Map<String, List<Float>> some = new TreeMap<>(parameters);
    some.keySet().removeIf(name -> !name.startsWith("generator."));
    return some;
  }

  /** What the generator learns from leaves no gradients in the discriminators. */
  @Test
  void gradientsOfTheGroupsAreApart() {
    try (VocoderTask task = task(directory)) {
      TrainingTask.Group judges = task.groups().get(0);
      TrainingTask.Group speaker = task.groups().get(1);
      task.draw();
      task.backward(speaker, 1);
      assertThat(Gradients.norm(judges.parameters().values())).isZero();
      Gradients.clear(speaker.parameters().values());
      task.draw();
      task.backward(judges, 1);
      assertThat(Gradients.norm(speaker.parameters().values())).isZero();
      double alone = Gradients.norm(judges.parameters().values());
      assertThat(alone).isPositive();
      task.backward(speaker, 1);
      assertThat(Gradients.norm(judges.parameters().values())).isEqualTo(alone);
      for (Tensor parameter : speaker.parameters().values()) {
        assertThat(parameter.grad().defined()).isTrue();
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> task(directory, "network.units=3"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("HuBERT unit")
        .hasMessageContaining("0 to 2");
    assertThatThrownBy(() -> task(directory, "segment=50"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none of 6 recordings has the 50 frames");
    assertThatThrownBy(() -> task(directory, "segment=2"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("shorter than the mel");
    assertThatThrownBy(() -> task(directory, "network.rates='8,x'"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'rates'");
    assertThatThrownBy(() -> task(directory, "network.kernels='16,8,2'", "network.rates='8,4,4'"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("upsample_kernel_sizes");
  }

  /** Recordings of which some have a speaker would make one voice of all unseen. */
  @Test
  void aSpeakerIsKnownOfAllOrOfNone() {
    VoiceItems all = new Voices(4, 40, HOP, 1);
    VoiceItems some = withoutSpeaker(all, 2);
    assertThatThrownBy(() -> VocoderSettings.of(settings(), some))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'voices/2' has no speaker, others have one (high, low)");
    VoiceItems none = withoutSpeaker(withoutSpeaker(withoutSpeaker(some, 0), 1), 3);
    assertThat(VocoderSettings.of(settings(), none).config().speakers()).isEmpty();
  }

  private static VoiceItems withoutSpeaker(VoiceItems items, int which) {
    return new VoiceItems() {
      @Override
      public int count() {
        return items.count();
      }

      @Override
      public VoiceItem item(int index) {
        VoiceItem item = items.item(index);
        return index == which
            ? new VoiceItem(item.id(), item.units(), item.samples(), null, item.style())
            : item;
      }

      @Override
      public float[] samples(int index) {
        return items.samples(index);
      }
    };
  }

  /** The places of stretches are drawn evenly, and by the number of the step alone. */
  @Test
  void stretchesFollowFromTheStep() {
    VocoderConfig config = VocoderSettings.of(settings(), new Voices(6, 40, HOP, 1)).config();
    SegmentSampler sampler =
        new SegmentSampler(config, new Voices(6, 40, HOP, 1), 4, 16, 9, () -> Voices::contour);
    VoiceBatch one = sampler.draw(3);
    sampler.draw(4);
    VoiceBatch again = sampler.draw(3);
    assertThat(again.ids()).isEqualTo(one.ids());
    assertThat(again.from()).isEqualTo(one.from());
    assertThat(again.samples()).isDeepEqualTo(one.samples());
    double mean = 0;
    for (int step = 0; step < 200; step++) {
      mean += DoubleStream.of(sampler.draw(step).from()[0]).sum() / 200;
    }
    assertThat(mean).isEqualTo(12, within(2.0)); // of 0 to 24
    VoiceItem item = new Voices(6, 40, HOP, 1).item(2);
    VoiceFrames frames = new VoiceFrames(config, new Voices(6, 40, HOP, 1));
    FrameBatch stretch = frames.stretches(new int[] {2}, new int[] {7}, 33);
    for (int i = 0; i < 33; i++) {
      assertThat(stretch.units()[0][i]).isEqualTo(item.units().hubert()[7 + i]);
      assertThat(stretch.pitch()[0][i]).isEqualTo(item.units().pitch()[(7 + i) / 2]);
      assertThat(stretch.styleTokens()[0][i]).isEqualTo(item.units().style()[(7 + i) / 5]);
    }
  }
}

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
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.training.Trainer;
import org.spiritlm.training.speech.KMeansTraining;
import org.spiritlm.training.speech.SpeechSet;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;
import org.spiritlm.units.hubert.KMeansQuantizer;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/** Styles are learnt, their features clustered, and the clusters become tokens. */
final class StyleTaskTest {
  private static final int SAMPLES = 24_000;
  private static final Manners ITEMS = new Manners(9, SAMPLES, 1, true);
  private static final Manners HELD_OUT = new Manners(6, SAMPLES, 500, true);

  @TempDir private Path directory;

  private static StyleTask task(VoiceItems items, String... more) {
    Settings settings = Settings.none();
    List<String> all =
        new ArrayList<>(
            List.of(
                "encoder.channels=8",
                "encoder.width=16",
                "encoder.layers=1",
                "encoder.heads=2",
                "encoder.feed_forward=16",
                "encoder.position_kernel=8",
                "encoder.position_groups=4",
                "projection=8",
                "piece_seconds=1",
                "batch=6",
                "optimiser.rate=0.01",
                "optimiser.warm_up=2"));
    all.addAll(List.of(more));
    for (String one : all) {
      settings = settings.with(one);
    }
    StyleTask task = StyleTask.of(settings, Device.CPU, items, HELD_OUT);
    settings.finish();
    return task;
  }

  private static Trainer trainer(StyleTask task, Path run, int steps) {
    return new Trainer(
        task,
        new Trainer.Options(steps, 1, 4, 2, 20, 1, 0, Torch.Precision.FULL, ""),
        run,
        line -> {});
  }

  private static double last(List<JsonLine> metrics, String key) {
    return metrics.stream()
        .filter(line -> line.object().has(key))
        .reduce((first, second) -> second)
        .orElseThrow()
        .number(key);
  }

  @Test
  void piecesOfSilenceBehindThemHaveOneLength() {
    try (StyleTask task = task(ITEMS, "piece_seconds=3", "length_step=50")) {
      task.draw();
      // 1.5 s become two whole seconds, the last frame of which sees 80 samples more
      assertThat(task.drawn()).isEqualTo(6 * (2 * 16_000 + 80));
      assertThat(task.backward(task.groups().get(0), 1).get("loss")).isBetween(0.5, 2.5);
    }
    assertThatThrownBy(() -> task(ITEMS, "length_step=40"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("must divide the 50 frames");
  }

  @Test
  void learnsAndBecomesTokens() throws IOException {
    Path encoder = directory.resolve("encoder");
    try (StyleTask task = task(ITEMS)) {
      trainer(task, directory.resolve("run"), 40).run();
      List<JsonLine> metrics = Json.lines(directory.resolve("run/metrics.jsonl"));
      assertThat(metrics.get(0).number("loss")).isEqualTo(Math.log(3), within(0.4));
      assertThat(last(metrics, "validation_loss")).isLessThan(0.5);
      assertThat(last(metrics, "validation_recording_accuracy")).isGreaterThan(0.8);
      task.write(encoder);
    }
    assertThat(Files.readAllLines(encoder.resolve("labels.txt")))
        .containsExactly("beat", "hiss", "hum");
    StyleTokenizer classes = StyleFeatures.tokenizer(encoder, Device.CPU);
    assertThat(classes.config().styles()).isEqualTo(3);
    // each label keeps to its number
    assertThat(classes.encode(HELD_OUT.samples(0))[0]).isEqualTo(1);
    assertThat(classes.encode(HELD_OUT.samples(1))[0]).isEqualTo(2);
    assertThat(classes.encode(HELD_OUT.samples(2))[0]).isZero();

    StyleFeatures features = StyleFeatures.open(encoder, Device.CPU);
    KMeansTraining.Result clustered =
        new KMeansTraining(
                speech(),
                features,
                new KMeansTraining.Options(5, 1, 8, 10, 5),
                directory.resolve("clusters"),
                line -> {})
            .run();
    assertThat(clustered.finished()).isTrue();
    Path centers = directory.resolve("clusters/quantizer.safetensors");
    Path tokens = directory.resolve("style");
    StyleTokens.write(encoder, centers, tokens);
    StyleTokenizer tokenizer = StyleFeatures.tokenizer(tokens, Device.CPU);
    assertThat(tokenizer.config().styles()).isEqualTo(5);
    Weights weights = Weights.of(SafetensorsFile.open(centers));
    KMeansQuantizer nearest = new KMeansQuantizer(weights, KMeansQuantizer.Config.of(weights));
    for (int i = 0; i < HELD_OUT.count(); i++) {
      float[] samples = HELD_OUT.samples(i);
      try (Scope scope = Scope.open()) {
        assertThat(tokenizer.encode(samples)).isEqualTo(nearest.units(tokenizer.means(samples)));
      }
    }
    StyleTokens.Use use = StyleTokens.use(tokens, ITEMS, 100, Device.CPU);
    assertThat(use.tokens()).isEqualTo(2L * ITEMS.count()); // a second and a half each
    assertThat(use.inUse()).isBetween(3, 5);
    assertThat(use.names().names()).containsExactly("beat", "hiss", "hum");
    StyleTokens.name(tokens, use.names());
    assertThat(StyleFeatures.tokenizer(tokens, Device.CPU).config().names()).isEqualTo(use.names());
    for (int i = 0; i < HELD_OUT.count(); i++) {
      assertThat(use.names().tokens().get(HELD_OUT.item(i).style()))
          .contains(tokenizer.encode(HELD_OUT.samples(i))[0]);
    }
    use.require(3, 0.9);
    assertThatThrownBy(() -> use.require(6, 0.9))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least 6 must be");
    assertThatThrownBy(() -> use.require(3, 0.1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at most 10 %");
  }

  private SpeechSet speech() throws IOException {
    List<Utterance> utterances = new ArrayList<>();
    for (int i = 0; i < ITEMS.count(); i++) {
      String file = ITEMS.item(i).id() + ".wav";
      AudioWriter.write(directory.resolve(file), new Audio(ITEMS.samples(i), Audio.SPEECH_RATE));
      utterances.add(Utterance.of(ITEMS.item(i).id(), AudioLocation.of(file), null));
    }
    return SpeechSet.of(utterances, directory, 160_000);
  }

  @Test
  void togetherAsAlone() {
    TogetherRuns.assertTogetherAsAlone(run -> task(ITEMS), directory, 6);
  }

  @Test
  void resumedEqualsUninterrupted() {
    Map<String, List<Float>> whole;
    try (StyleTask task = task(ITEMS)) {
      trainer(task, directory.resolve("a"), 6).run();
      whole = ParameterValues.of(task);
    }
    Path run = directory.resolve("b");
    try (StyleTask task = task(ITEMS)) {
      Trainer trainer = trainer(task, run, 6);
      trainer.stop();
      assertThat(trainer.run().finished()).isFalse();
    }
    try (StyleTask task = task(ITEMS)) {
      assertThat(trainer(task, run, 6).run().step()).isEqualTo(6);
      assertThat(ParameterValues.of(task)).isEqualTo(whole);
    }
  }

  /** Recordings of several lengths together give what the tokenizer gives of each. */
  @Test
  void equalsTheFastTokenizer() {
    StyleConfig config;
    Path written = directory.resolve("style");
    try (StyleTask task = task(ITEMS)) {
      task.write(written);
    }
    StyleTokenizer fast = StyleFeatures.tokenizer(written, Device.CPU);
    config = fast.config();
    TrainableStyle plain =
        new TrainableStyle(
            Weights.of(SafetensorsFile.open(written.resolve("model.safetensors"))), config, 1);
    int[] lengths = {500, 16_000, 33_000};
    List<Tensor> waveforms = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      List<float[]> expected = new ArrayList<>();
      for (int i = 0; i < lengths.length; i++) {
        float[] samples = new Manners(3, lengths[i], 9, true).samples(i);
        float[] standardised = Wav2Vec2Encoder.standardised(samples, StyleTokenizer.EPSILON);
        waveforms.add(Tensors.of(standardised, 1, lengths[i]));
        expected.add(Tensors.floats(fast.logits(samples)));
      }
      float[] found = Tensors.floats(plain.logits(waveforms, Disturbance.none()));
      int at = 0;
      for (float[] one : expected) {
        for (float value : one) {
          assertThat(found[at++]).isEqualTo(value, within(1e-4f));
        }
      }
      assertThat(at).isEqualTo(found.length);
      assertThat(plain.seconds(33_000)).isEqualTo(3);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    assertThatThrownBy(() -> task(new Manners(9, SAMPLES, 1, false)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no style")
        .hasMessageContaining("at least two");
    assertThatThrownBy(() -> task(new Manners(1, SAMPLES, 1, true)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("one style alone, [hiss]");
    assertThatThrownBy(() -> task(ITEMS, "encoder.stride=640"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("320");
    Path written = directory.resolve("style");
    try (StyleTask task = task(ITEMS)) {
      task.write(written);
    }
    assertThatThrownBy(
            () ->
                StyleTokens.write(
                    written, written.resolve("model.safetensors"), directory.resolve("tokens")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("cluster_centers");
  }
}

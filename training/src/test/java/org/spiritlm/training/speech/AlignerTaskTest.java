package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.alignment.WordMargins;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.training.Trainer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/** An aligner learns letters, resumes exactly, and is written as it is read. */
final class AlignerTaskTest {
  @TempDir private Path directory;

  static Settings settings(Path manifest) {
    Settings settings = Settings.none();
    for (String each :
        List.of(
            "data.manifest=" + manifest,
            "encoder.channels=24",
            "encoder.width=32",
            "encoder.layers=2",
            "encoder.heads=2",
            "encoder.position_kernel=8",
            "encoder.position_groups=4",
            "batch_seconds=6",
            "optimiser.warm_up=10",
            "optimiser.rate=0.005",
            "noise.layer_drop=0.0")) {
      settings = settings.with(each);
    }
    return settings;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void learnsLettersAndIsWrittenAsItIsRead(int labelsPerFrame) throws IOException {
    String labels = "labels_per_frame=" + labelsPerFrame;
    int steps = 150 * labelsPerFrame;
    Path manifest = ToneCorpus.write(directory, 40);
    Path written = directory.resolve("aligner");
    List<AlignedWord> times = new ArrayList<>();
    float[] speech = ToneCorpus.speech(List.of("abc", "dad"), new Random(77), times);
    try (AlignerTask task = AlignerTask.of(settings(manifest).with(labels), Device.CPU)) {
      double before = task.validate(0).get("character_error_rate");
      List<Double> losses = Runs.losses(task, steps, directory.resolve("run"));
      assertThat(losses.get(steps - 1)).isLessThan(losses.get(0) / 4);
      assertThat(before).isGreaterThan(0.8);
      assertThat(task.validate(0).get("character_error_rate")).isLessThan(0.4);
      assertThat(task.transcribe(speech)).matches("[abcd]+( [abcd]+)*");
      task.write(written);
      assertThatThrownBy(() -> task.write(written))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("exists already");
    }
    assertThat(written).isDirectoryContaining(path -> path.endsWith("preprocessor_config.json"));
    assertThat(Json.file(written.resolve("vocab.json")).toString())
        .isEqualTo("{\"<pad>\":0,\"|\":1,\"<unk>\":2,\"a\":3,\"b\":4,\"c\":5,\"d\":6}");
    assertMarginsAreThoseOfBareLetters(written, manifest);
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(written.resolve("config.json")));
    Weights weights = Weights.of(TensorFiles.open(written));
    Wav2Vec2Encoder encoder = new Wav2Vec2Encoder(weights.at("hubert"), config);
    TrainableEncoder again =
        new TrainableEncoder(
            EncoderSource.open(written).weights(1, Device.CPU, "", fresh -> new Object()),
            config,
            1,
            true);
    try (Scope scope = Scope.open()) {
      Tensor row = Tensors.of(speech, 1, speech.length);
      float[] trained =
          Tensors.floats(again.forward(List.of(row), TrainableEncoder.Disturbance.none()));
      assertThat(Tensors.floats(encoder.forward(speech))).containsExactly(trained, within(1e-4f));
    }
    Path recording = directory.resolve("speech.wav");
    AudioWriter.write(recording, new Audio(speech, Audio.SPEECH_RATE));
    List<AlignedWord> aligned =
        Aligner.open(written, Device.CPU)
            .align(() -> AudioReader.open(recording), "Abc dad!")
            .words();
    assertThat(aligned).extracting(AlignedWord::word).containsExactly("Abc", "dad!");
    for (int i = 0; i < times.size(); i++) {
      assertThat(aligned.get(i).start()).isEqualTo(times.get(i).start(), within(0.2));
      assertThat(aligned.get(i).end()).isEqualTo(times.get(i).end(), within(0.2));
    }
  }

  /** The margins are what held-out words reach beyond those that are found without any. */
  private void assertMarginsAreThoseOfBareLetters(Path written, Path manifest) throws IOException {
    ObjectNode config = Json.file(written.resolve("config.json"));
    WordMargins found =
        new WordMargins(
            config.get("word_late_seconds").doubleValue(),
            config.get("word_early_seconds").doubleValue());
    Path bare = Files.createDirectory(directory.resolve("bare"));
    for (String same : List.of("model.safetensors", "vocab.json", "tokenizer_config.json")) {
      Files.copy(written.resolve(same), bare.resolve(same));
    }
    Files.copy(
        written.resolve("preprocessor_config.json"), bare.resolve("preprocessor_config.json"));
    WordMargins.NONE.write(config);
    Files.writeString(bare.resolve("config.json"), Json.line(config));
    Aligner aligner = Aligner.open(bare, Device.CPU);
    List<AlignedWord> known = new ArrayList<>();
    List<AlignedWord> letters = new ArrayList<>();
    Manifest.readWhole(
        manifest,
        utterance -> {
          if ("dev".equals(utterance.split())) {
            Path recording = directory.resolve(utterance.id() + ".wav");
            known.addAll(utterance.words());
            letters.addAll(
                aligner
                    .align(() -> AudioReader.open(recording), String.valueOf(utterance.text()))
                    .words());
          }
        });
    WordMargins expected = WordMargins.between(known, letters);
    assertThat(found.late()).isEqualTo(expected.late(), within(1e-6));
    assertThat(found.early()).isEqualTo(expected.early(), within(1e-6));
    assertThat(expected.late() + expected.early()).as("letters are no whole words").isPositive();
  }

  @Test
  void widensTheConvolutionsOfTheEncoderThatItBeginsWith() throws IOException {
    Path manifest = ToneCorpus.write(directory, 12);
    Path first = directory.resolve("first");
    try (AlignerTask task = AlignerTask.of(settings(manifest), Device.CPU)) {
      Runs.losses(task, 5, directory.resolve("run-1"));
      task.write(first);
    }
    Settings wider =
        Settings.none()
            .with("data.manifest=" + manifest)
            .with("encoder.start=" + first)
            .with("encoder.channels=24,24,24,24,24,24,32,40");
    Path second = directory.resolve("second");
    try (AlignerTask task = AlignerTask.of(wider, Device.CPU)) {
      task.write(second);
    }
    TensorSource before = TensorFiles.open(first);
    TensorSource after = TensorFiles.open(second);
    String convolution = "hubert.feature_extractor.conv_layers.%d.conv.weight";
    assertThat(after.info(convolution.formatted(6)).shape()).containsExactly(32L, 24L, 2L);
    assertThat(after.info(convolution.formatted(7)).shape()).containsExactly(40L, 32L, 2L);
    assertThat(after.info("hubert.feature_projection.projection.weight").shape())
        .containsExactly(32L, 40L);
    for (String name :
        List.of(
            convolution.formatted(0),
            convolution.formatted(5),
            "hubert.feature_projection.projection.bias",
            "hubert.encoder.layers.1.final_layer_norm.weight")) {
      assertThat(floats(after, name)).as(name).containsExactly(floats(before, name));
    }
    float[] narrow = floats(before, "hubert.feature_projection.projection.weight"); // [32, 24]
    float[] wide = floats(after, "hubert.feature_projection.projection.weight"); // [32, 40]
    for (int row = 0; row < 32; row++) {
      assertThat(Arrays.copyOfRange(wide, row * 40, row * 40 + 24))
          .containsExactly(Arrays.copyOfRange(narrow, row * 24, row * 24 + 24));
      assertThat(Arrays.copyOfRange(wide, row * 40 + 24, row * 40 + 40)).containsOnly(0);
    }
    float[] scales = floats(after, "hubert.feature_projection.layer_norm.weight");
    assertThat(Arrays.copyOf(scales, 24))
        .containsExactly(floats(before, "hubert.feature_projection.layer_norm.weight"));
    assertThatThrownBy(() -> AlignerTask.of(wider.with("encoder.channels=24,32"), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("8 of them with commas between");
  }

  private static float[] floats(TensorSource tensors, String name) {
    try (Scope scope = Scope.open()) {
      return Tensors.floats(tensors.load(name));
    }
  }

  @Test
  void togetherAsAlone() {
    Path manifest = ToneCorpus.write(directory, 12);
    TogetherRuns.assertTogetherAsAlone(
        run -> AlignerTask.of(settings(manifest), Device.CPU), directory, 20);
  }

  private static Utterance until(Utterance whole, double end) {
    return new Utterance(
        whole.id(),
        whole.audio(),
        0.0,
        end,
        whole.text(),
        whole.words(),
        whole.speaker(),
        whole.style(),
        whole.split());
  }

  /** Nobody would hear the ends of their transcripts: it is as if they were not there. */
  @Test
  void recordingsThatAreCutAreLeftOut() throws IOException {
    Path all = directory.resolve("all.jsonl");
    Path whole = directory.resolve("whole.jsonl");
    Map<String, Integer> cut = new TreeMap<>(); // by split
    try (Manifest.Writer every = new Manifest.Writer(all);
        Manifest.Writer some = new Manifest.Writer(whole)) {
      Manifest.readWhole(
          ToneCorpus.write(directory, 80),
          utterance -> {
            double seconds = UtteranceAudio.seconds(utterance, directory);
            boolean ends = utterance.id().hashCode() % 3 == 0; // of others the file is asked
            Utterance one = ends ? until(utterance, seconds) : utterance;
            every.write(one);
            if (seconds <= 2) {
              some.write(one);
            } else {
              cut.merge(String.valueOf(one.split()), 1, Integer::sum);
            }
          });
    }
    assertThat(cut).containsOnlyKeys("dev", "train");
    List<String> lines = new ArrayList<>();
    List<List<Double>> losses = new ArrayList<>(); // of a step, and of validation
    for (Path manifest : List.of(whole, all)) {
      Settings settings = settings(manifest).with("data.longest_seconds=2");
      try (AlignerTask task = AlignerTask.of(settings, Device.CPU)) {
        Path run = directory.resolve(manifest.getFileName() + ".run");
        Trainer.Options options =
            new Trainer.Options(1, 1, 1, 1, 1, 1, 0, Torch.Precision.FULL, "");
        new Trainer(task, options, run, lines::add).run();
        List<JsonLine> metrics = Json.lines(run.resolve("metrics.jsonl"));
        losses.add(
            List.of(metrics.get(0).number("loss"), metrics.get(1).number("validation_loss")));
      }
    }
    assertThat(losses.get(1)).isEqualTo(losses.get(0));
    assertThat(lines)
        .filteredOn(line -> line.startsWith("left out"))
        .singleElement()
        .asString()
        .startsWith(
            "left out %d utterance(s) to learn from and %d to validate with"
                .formatted(cut.get("train"), cut.get("dev")))
        .contains("data.longest_seconds=2");
    Settings least = settings(all).with("data.longest_seconds=1");
    assertThatThrownBy(() -> AlignerTask.of(least, Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("longer than 'data.longest_seconds'");
  }

  @Test
  void resumesExactly() {
    Path manifest = ToneCorpus.write(directory, 12);
    Runs.assertResumes(() -> AlignerTask.of(settings(manifest), Device.CPU), directory);
  }

  @Test
  void resumesExactlyInGroupsOfOneLength() {
    Path manifest = ToneCorpus.write(directory, 12);
    Settings settings = settings(manifest).with("length_step=20");
    Runs.assertResumes(() -> AlignerTask.of(settings, Device.CPU), directory);
  }

  /** Recordings that are changed at random are the same again after a stop. */
  @Test
  void resumesExactlyWithChangedRecordings() {
    Path manifest = ToneCorpus.write(directory, 12);
    Settings settings = settings(manifest).with("augmentation.share=0.7");
    Runs.assertResumes(() -> AlignerTask.of(settings, Device.CPU), directory);
    List<Double> losses = new ArrayList<>();
    for (Settings each : List.of(settings, settings(manifest))) {
      try (AlignerTask task = AlignerTask.of(each, Device.CPU)) {
        task.draw();
        losses.add(task.backward(task.groups().get(0), 1).get("loss"));
      }
    }
    assertThat(losses.get(0)).isNotEqualTo(losses.get(1));
  }

  @Test
  void groupsOfOneLengthAreAsEachAlone() {
    Path manifest = ToneCorpus.write(directory, 60);
    List<Map<String, Double>> measured = new ArrayList<>();
    for (int seconds : new int[] {1, 60}) {
      Settings settings =
          settings(manifest).with("length_step=20").with("batch_seconds=" + seconds);
      try (AlignerTask task = AlignerTask.of(settings, Device.CPU)) {
        measured.add(task.validate(0));
      }
    }
    Map<String, Double> alone = measured.get(0);
    Map<String, Double> together = measured.get(1);
    assertThat(together.get("loss")).isEqualTo(alone.get("loss"), within(1e-5));
    assertThat(together.get("character_error_rate")).isEqualTo(alone.get("character_error_rate"));
  }

  @Test
  void whatCannotBeLearntFromIsRefused() throws Exception {
    Path manifest = ToneCorpus.write(directory, 3);
    assertThatThrownBy(() -> AlignerTask.of(Settings.none(), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("data.manifest=FILE");
    assertThatThrownBy(
            () -> AlignerTask.of(settings(manifest).with("encoder.stride=500"), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("found 500");
    Path silent = directory.resolve("silent.jsonl");
    Files.writeString(silent, "{\"id\":\"a\",\"audio\":\"u0.wav\"}\n");
    assertThatThrownBy(() -> AlignerTask.of(settings(silent), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("transcript");
    Path talkative = directory.resolve("talkative.jsonl");
    Files.writeString(
        talkative, "{\"id\":\"a\",\"audio\":\"u0.wav\",\"text\":\"" + "abcd ".repeat(99) + "\"}\n");
    try (AlignerTask task = AlignerTask.of(settings(talkative), Device.CPU)) {
      assertThatThrownBy(task::draw)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("shorter than their transcripts");
    }
  }

  @Test
  void transcriptsAreWrittenAsLabels() {
    Characters characters = Characters.of(List.of("Don’t stop!", "Été 7"));
    assertThat(characters.text(characters.labels("  DON'T,  stop – été?")))
        .isEqualTo("don't stop été");
    assertThat(characters.labels("xyz")).isEmpty();
    assertThat(CtcLoss.leastFrames(characters.labels("tt"))).isEqualTo(3);
    assertThat(EditDistance.of(new int[] {1, 2, 3, 4}, new int[] {1, 3, 5, 4, 4})).isEqualTo(3);
    assertThat(Arrays.stream(CtcLoss.collapsed(new int[] {0, 1, 1, 0, 1, 2}, 0, 6, 0)))
        .containsExactly(1, 1, 2);
  }
}

package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.Quantizer;

/** Two iterations of masked prediction at toy size, from MFCC to a part that makes units. */
final class HubertTaskTest {
  private static final int UNITS = 8;

  @TempDir private Path directory;

  private Settings settings(Path manifest, String... more) {
    Settings settings = AlignerTaskTest.settings(manifest);
    for (String each : List.of("crop_seconds=1", "layer=1", "projected=16")) {
      settings = settings.with(each);
    }
    for (String each : more) {
      settings = settings.with(each);
    }
    return settings;
  }

  /** To learn clusters of MFCC of a few recordings. */
  private Settings settingsOfMfcc(String... more) {
    Path manifest = ToneCorpus.write(directory, 12);
    SpeechSet speech = SpeechSet.read(AlignerTaskTest.settings(manifest).below("data")).training();
    Path clusters = cluster(speech, new Mfcc(), directory.resolve("mfcc"));
    Settings settings = settings(manifest, "targets.quantizer=" + clusters);
    for (String each : more) {
      settings = settings.with(each);
    }
    return settings;
  }

  private static Path cluster(SpeechSet speech, SpeechFeatures features, Path run) {
    KMeansTraining.Options options = new KMeansTraining.Options(UNITS, 1, 500, 6, 3);
    new KMeansTraining(speech, features, options, run, line -> {}).run();
    return run.resolve("quantizer.safetensors");
  }

  /** So small a network does not learn from all first values; it must from some. */
  @Test
  void learnsInTwoIterationsAndMakesUnits() {
    Path manifest = ToneCorpus.write(directory, 24);
    List<Integer> seeds = new ArrayList<>(List.of(1, 2, 5));
    while (!tellsLetters(manifest, seeds.get(0), directory.resolve("seed" + seeds.get(0)))) {
      seeds.remove(0);
      assertThat(seeds).as("first values that are left to try").isNotEmpty();
    }
  }

  private boolean tellsLetters(Path manifest, int seed, Path folder) {
    SpeechSet speech = SpeechSet.read(AlignerTaskTest.settings(manifest).below("data")).training();
    Path first = cluster(speech, new Mfcc(), folder.resolve("mfcc"));
    Path encoder = folder.resolve("first");
    Path untrained = folder.resolve("untrained");
    Settings once =
        settings(
            manifest,
            "targets.quantizer=" + first,
            "crop_seconds=2",
            "feature_gradient=1.0",
            "mask.length=1", // a letter has four frames: those beside it tell what is masked
            "mask.share=0.3",
            "optimiser.rate=0.003");
    try (HubertTask task = HubertTask.of(once.with("seed=" + seed), Device.CPU)) {
      task.write(untrained);
      Map<String, Double> before = task.validate(0);
      List<Double> losses = Runs.losses(task, 100, folder.resolve("run1"));
      assertThat(losses.get(99)).isLessThan(losses.get(0));
      Map<String, Double> after = task.validate(0);
      assertThat(after.get("loss")).isLessThan(before.get("loss"));
      assertThat(task.validate(0)).isEqualTo(after);
      task.write(encoder);
    }
    Path second =
        cluster(speech, EncoderFeatures.open(encoder, 1, Device.CPU), folder.resolve("states"));
    Settings again =
        settings(
            manifest,
            "targets.quantizer=" + second,
            "targets.encoder=" + encoder,
            "targets.layer=1");
    try (HubertTask task = HubertTask.of(again, Device.CPU)) {
      List<Double> losses = Runs.losses(task, 15, folder.resolve("run2"));
      assertThat(losses.get(14)).isLessThan(losses.get(0));
    }
    Path clusters =
        cluster(
            speech,
            EncoderFeatures.open(untrained, 1, Device.CPU),
            folder.resolve("untrained-states"));
    assertThatThrownBy(
            () -> HubertPart.write(encoder, 3, second, DType.F32, folder.resolve("other")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the layer is 3");
    assertThatThrownBy(
            () -> HubertPart.write(encoder, 1, first, DType.F32, folder.resolve("other")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("features of width 39");
    double learnt = information(speech, encoder, second); // of letters that nobody told it of
    return learnt > 0.4 && learnt > 1.5 * information(speech, untrained, clusters);
  }

  /** How much of the letters the units of a part tell that is made of these. */
  private static double information(SpeechSet speech, Path encoder, Path quantizer) {
    Path part = encoder.resolveSibling(encoder.getFileName() + "-hubert");
    HubertPart.write(encoder, 1, quantizer, DType.F32, part);
    HubertConfig config = HubertConfig.read(ConfigFile.read(part.resolve("config.json")));
    HubertTokenizer tokenizer =
        new HubertTokenizer(
            Weights.of(TensorFiles.open(part)),
            config,
            Quantizer.load(
                Weights.of(SafetensorsFile.open(part.resolve("quantizer.safetensors")))));
    assertThat(tokenizer.rate()).isEqualTo(25);
    UnitPurity purity = new UnitPurity();
    for (int i = 0; i < speech.size(); i++) {
      Utterance utterance = speech.utterance(i);
      int[] units = tokenizer.encode(speech.samples(i));
      double centre = config.encoder().receptiveField() / 2.0 / 16000;
      purity.add(units, centre, 0.04, ToneCorpus.letters(utterance));
    }
    assertThat(purity.frames()).isGreaterThan(100);
    return purity.normalizedInformation();
  }

  @Test
  void togetherAsAlone() {
    Settings settings = settingsOfMfcc("batch_seconds=2");
    TogetherRuns.assertTogetherAsAlone(
        run -> HubertTask.of(settings, Device.CPU), directory.resolve("runs"), 6);
  }

  @Test
  void resumesExactly() {
    Settings settings = settingsOfMfcc("noise.layer_drop=0.2");
    Runs.assertResumes(() -> HubertTask.of(settings, Device.CPU), directory);
  }

  @Test
  void lengthenedUtterancesHaveOneLength() {
    Settings settings = settingsOfMfcc("crop_seconds=8", "length_step=100");
    try (HubertTask task = HubertTask.of(settings, Device.CPU)) {
      task.draw();
      assertThat(task.drawn() % 4).isZero(); // 100 frames of 40 ms each
      assertThat(task.backward(task.groups().get(0), 1).get("loss")).isBetween(0.1, 10.0);
    }
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    Path manifest = ToneCorpus.write(directory, 2);
    assertThatThrownBy(() -> HubertTask.of(settings(manifest), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("targets.quantizer=FILE");
    assertThatThrownBy(() -> HubertTask.of(settings(manifest, "layer=7"), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("found 7");
    assertThatThrownBy(() -> HubertTask.of(settings(manifest, "mask.share=0"), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("mask.share");
  }

  /** By hand: units 1, 1, 1, 2 and phones a, a, b, b; the last frame lies in no phone. */
  @Test
  void purityIsThatOfTheMostFrequent() {
    UnitPurity purity = new UnitPurity();
    List<AlignedWord> phones = List.of(new AlignedWord("a", 0, 2), new AlignedWord("b", 2, 4));
    purity.add(new int[] {1, 1, 1, 2, 2}, 0.5, 1, phones);
    assertThat(purity.frames()).isEqualTo(4);
    assertThat(purity.phonePurity()).isEqualTo(0.75);
    assertThat(purity.clusterPurity()).isEqualTo(0.75);
    // I = ln 2 - H(phone | unit) = ln 2 - 3/4 (ln 3 - 2/3 ln 2)
    double information = Math.log(2) - 0.75 * (Math.log(3) - 2.0 / 3 * Math.log(2));
    assertThat(purity.normalizedInformation()).isEqualTo(information / Math.log(2), within(1e-12));
  }
}

package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.training.TogetherRuns;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.hubert.Quantizer;

/** A quantizer learns units that do not change with the recording. */
final class QuantizerTaskTest {
  private static final int UNITS = 6;

  @TempDir private Path directory;

  /** Settings whose teacher is k-means of MFCC. */
  private Settings settings(int utterances, String... more) {
    Path manifest = ToneCorpus.write(directory, utterances);
    Settings settings = Settings.none().with("data.manifest=" + manifest);
    SpeechSet speech =
        SpeechSet.read(Settings.none().with("data.manifest=" + manifest).below("data")).training();
    Path run = directory.resolve("clusters");
    KMeansTraining.Options options = new KMeansTraining.Options(UNITS, 1, 500, 6, 3);
    new KMeansTraining(speech, new Mfcc(), options, run, line -> {}).run();
    for (String each :
        List.of(
            "teacher.quantizer=" + run.resolve("quantizer.safetensors"),
            "batch_seconds=3",
            "crop_seconds=1",
            "optimiser.rate=0.01",
            "optimiser.warm_up=5",
            "augmentation.share=0.2",
            "augmentation.speed=1.1",
            "augmentation.semitones=1",
            "augmentation.noise=15")) {
      settings = settings.with(each);
    }
    for (String each : more) {
      settings = settings.with(each);
    }
    return settings;
  }

  @Test
  void learnsAndIsReadByTheQuantizer() {
    Settings settings =
        settings(
            40,
            "optimiser.warm_up=50",
            "optimiser.weight_decay=0.0",
            "augmentation.share=1.0", // noise alone, in all recordings
            "augmentation.speed=1.0",
            "augmentation.semitones=0.0",
            "augmentation.reverberation=0.0",
            "augmentation.noise=10.0");
    Path written = directory.resolve("written");
    try (QuantizerTask task = QuantizerTask.of(settings, Device.CPU)) {
      Map<String, Double> before = task.validate(0);
      List<Double> losses = Runs.losses(task, 300, directory.resolve("run"));
      assertThat(losses.get(299)).isLessThan(losses.get(0) / 4);
      Map<String, Double> after = task.validate(0);
      // it says what the teacher says of clean speech, and changes less with noise than that does
      assertThat(after.get("unit_error_rate"))
          .isLessThan(0.6)
          .isLessThan(0.7 * before.get("unit_error_rate"));
      double teacherChange = after.get("teacher_change");
      assertThat(teacherChange).isEqualTo(before.get("teacher_change")).isGreaterThan(0.3);
      assertThat(after.get("change")).isLessThan(0.75 * teacherChange);
      task.write(written);
      Quantizer quantizer =
          Quantizer.load(
              Weights.of(SafetensorsFile.open(written.resolve("quantizer.safetensors"))));
      assertThat(quantizer).isInstanceOf(LinearQuantizer.class);
      assertThat(quantizer.units()).isEqualTo(UNITS);
      try (Scope scope = Scope.open()) {
        Tensor rows = Tensors.of(new float[] {1, 2, 3}, 3, 1).expand(3, 39).contiguous();
        TrainableQuantizer trained =
            new TrainableQuantizer(
                Weights.of(SafetensorsFile.open(written.resolve("quantizer.safetensors"))),
                new LinearQuantizer.Config(39, 31, 23, UNITS));
        assertThat(Tensors.floats(((LinearQuantizer) quantizer).logits(rows)))
            .containsExactly(Tensors.floats(trained.forward(rows)), within(1e-4f));
      }
    }
  }

  @Test
  void togetherAsAlone() {
    Settings settings = settings(16);
    TogetherRuns.assertTogetherAsAlone(
        run -> QuantizerTask.of(settings, Device.CPU), directory.resolve("runs"), 6);
  }

  @Test
  void resumesExactly() {
    Settings settings = settings(16);
    Runs.assertResumes(() -> QuantizerTask.of(settings, Device.CPU), directory);
  }

  @Test
  void aTeacherOfOtherFeaturesIsRefused() {
    Settings settings = settings(16);
    SpeechSet.Splits splits = SpeechSet.read(settings.below("data"));
    Quantizer teacher =
        Quantizer.load(
            Weights.of(SafetensorsFile.open(directory.resolve("clusters/quantizer.safetensors"))));
    QuantizerTask.Options options = QuantizerTask.Options.of(Settings.none());
    SpeechFeatures wide =
        new SpeechFeatures() {
          private final Mfcc mfcc = new Mfcc();

          @Override
          public int width() {
            return 40;
          }

          @Override
          public int stride() {
            return mfcc.stride();
          }

          @Override
          public double firstCentre() {
            return mfcc.firstCentre();
          }

          @Override
          public Tensor of(float[] samples) {
            return mfcc.of(samples);
          }
        };
    assertThatThrownBy(() -> new QuantizerTask(splits, wide, teacher, options, Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("of width 40");
    assertThatThrownBy(() -> QuantizerTask.of(Settings.none(), Device.CPU))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("teacher.quantizer=FILE");
  }
}

package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.SpiritLm;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.alignment.ToneSpeech;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;

/** Models of parts, some of which lie beside them. */
final class TrainedModelTest {
  private static final String PLACE = "../shared/hubert";

  @TempDir private Path directory;

  private final Map<Part, Path> parts = new LinkedHashMap<>();
  private Path fresh = Path.of("");

  @BeforeEach
  void parts() {
    fresh = directory.resolve("fresh");
    FreshModel.of(Preset.TOY).write(fresh, line -> {});
    for (Part part : FreshModel.of(Preset.TOY).parts()) {
      parts.put(part, fresh.resolve(part.key()));
    }
  }

  private Path write(Map<Part, String> shared) {
    Map<Part, Path> own = new LinkedHashMap<>(parts);
    own.keySet().removeAll(shared.keySet());
    Path model = directory.resolve("model");
    new TrainedModel(Variant.EXPRESSIVE, own, shared, "ours", Map.of("recipe", "a test"))
        .write(model, null, line -> {});
    return model;
  }

  private Path withSharedHubert() {
    Path shared = directory.resolve("shared/hubert");
    Directories.write(shared, target -> Directories.copy(parts.get(Part.HUBERT), target));
    return write(Map.of(Part.HUBERT, PLACE));
  }

  private static List<ModelInformation.FileCheck> wrong(Path model) {
    return ModelInformation.of(ModelDirectory.open(model, null)).verify().stream()
        .filter(check -> check.problem() != null)
        .toList();
  }

  @Test
  void aSharedPartIsTheModelsOwn() throws IOException {
    Path model = withSharedHubert();
    assertThat(model.resolve("hubert")).doesNotExist();
    assertThat(wrong(model)).isEmpty();
    float[] samples = new float[Audio.SPEECH_RATE];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) Math.sin(i * 0.03 + i * i * 1e-6);
    }
    Audio audio = new Audio(samples, Audio.SPEECH_RATE);
    assertThat(SpiritLm.load(model).encode(audio).hubert())
        .isEqualTo(SpiritLm.load(fresh).encode(audio).hubert());
    ModelDirectory opened = ModelDirectory.open(model, null);
    assertThat(TokenizerChecksum.of(opened))
        .isEqualTo(TokenizerChecksum.of(ModelDirectory.open(fresh, null)));

    // converted, it stands alone
    Path alone = directory.resolve("elsewhere/alone");
    Converter.convert(model, null, alone, DType.F32, line -> {});
    Directories.remove(directory.resolve("shared"));
    assertThat(SpiritLm.load(alone).encode(audio).hubert())
        .isEqualTo(SpiritLm.load(fresh).encode(audio).hubert());
    assertThatThrownBy(() -> SpiritLm.load(model).encode(audio))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("shared");
  }

  /** In half the memory the vocoder sounds as before; a conversion to float32 gives it back. */
  @Test
  void aVocoderIsWrittenInTheTypeOfTheLanguageModel() {
    Path half = directory.resolve("half");
    new TrainedModel(Variant.EXPRESSIVE, parts, Map.of(), "ours", Map.of())
        .write(half, DType.BF16, line -> {});
    assertThat(wrong(half)).isEmpty();
    Path full = directory.resolve("full");
    Converter.convert(half, null, full, DType.F32, line -> {});
    Path kept = directory.resolve("kept");
    Converter.convert(half, null, kept, null, line -> {});
    assertThat(vocoderTypes(fresh)).containsOnly(DType.F32);
    assertThat(vocoderTypes(half)).containsOnly(DType.BF16);
    assertThat(vocoderTypes(kept)).containsOnly(DType.BF16);
    assertThat(vocoderTypes(full)).containsOnly(DType.F32);
    SpeechUnits units = new SpeechUnits(new int[] {3, 1, 4}, new int[] {1, 5}, new int[] {9});
    float[] before = spoken(fresh, units);
    float[] after = spoken(half, units);
    assertThat(spoken(full, units)).isEqualTo(after);
    double error = 0;
    double energy = 0;
    for (int i = 0; i < before.length; i++) {
      error += Math.pow(after[i] - before[i], 2);
      energy += Math.pow(before[i], 2);
    }
    assertThat(error).isPositive().isLessThan(0.001 * energy);
  }

  private static Set<DType> vocoderTypes(Path model) {
    TensorSource tensors = TensorFiles.open(model.resolve("vocoder"));
    return tensors.names().stream()
        .map(name -> tensors.info(name).dtype())
        .collect(Collectors.toSet());
  }

  private static float[] spoken(Path model, SpeechUnits units) {
    return ModelDirectory.open(model, null)
        .vocoder(Device.CPU)
        .synthesize(units, VoiceOptions.standard().withPredictedDurations(false))
        .audio()
        .samples();
  }

  /** Of its own or shared, in half the memory, and after a conversion. */
  @Test
  void anAlignerKnowsWhenWordsAreSaid() throws IOException {
    ToneSpeech speech = ToneSpeech.of("abba cafe bad deed", 1);
    List<AlignedWord> expected =
        Aligner.open(ToneSpeech.aligner(), Device.CPU)
            .align(speech.source(), speech.text())
            .words();
    assertThatThrownBy(() -> SpiritLm.load(fresh).align(speech.source(), speech.text()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no aligner");

    Path given = directory.resolve("given");
    Converter.convert(fresh, null, given, null, ToneSpeech.aligner(), line -> {});
    Path again = directory.resolve("again");
    Converter.convert(given, null, again, null, line -> {});
    for (Path model : List.of(given, again)) {
      assertThat(wrong(model)).isEmpty();
      assertThat(SpiritLm.load(model).align(speech.source(), speech.text()).words())
          .isEqualTo(expected);
    }

    Path shared = directory.resolve("shared/aligner");
    TrainedParts.writeAligner(shared, ToneSpeech.aligner(), DType.BF16);
    assertThat(Files.size(shared.resolve("model.safetensors")))
        .isLessThan(Files.size(ToneSpeech.aligner().resolve("model.safetensors")) * 2 / 3);
    SpiritLm model = SpiritLm.load(write(Map.of(Part.ALIGNER, "../shared/aligner")));
    assertThat(model.aligns()).isTrue();
    Path file = directory.resolve("speech.wav");
    List<AlignedWord> found = model.align(speech.write(file).source(), speech.text()).words();
    assertThat(model.align(file, speech.text()).words()).isEqualTo(found);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).word()).isEqualTo(expected.get(i).word());
      assertThat(found.get(i).start()).isCloseTo(expected.get(i).start(), within(0.05));
      assertThat(found.get(i).end()).isCloseTo(expected.get(i).end(), within(0.05));
    }
  }

  @Test
  void whatIsNoAlignerIsNotTaken() {
    Path none = directory.resolve("none");
    assertThatThrownBy(
            () -> Converter.convert(fresh, null, directory.resolve("new"), null, none, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("none");
    assertThat(directory.resolve("new")).doesNotExist();
  }

  @Test
  void damageOfASharedPartIsFound() throws IOException {
    Path model = withSharedHubert();
    Files.writeString(directory.resolve("shared/hubert/config.json"), "{}");
    assertThat(wrong(model))
        .singleElement()
        .satisfies(check -> assertThat(check.file()).isEqualTo(PLACE + "/config.json"));
  }

  @Test
  void noRecordReachesBeyondTheDirectoriesBesideTheModel() throws IOException {
    Path model = withSharedHubert();
    Path record = model.resolve(ModelRecord.FILE);
    String sound = Files.readString(record);
    for (String place :
        List.of(
            "../../shared/hubert",
            "../../../etc",
            "/etc/hubert",
            "../shared/../../etc",
            "../..",
            "../shared",
            "..",
            "hubert/../..",
            "../shared/hubert/",
            "../shared/hub ert",
            "..\\\\shared\\\\hubert",
            "")) {
      Files.writeString(record, sound.replace("\"" + PLACE + "\"", "\"" + place + "\""));
      assertThatThrownBy(() -> ModelDirectory.open(model, null))
          .as(place)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("'shared'");
    }
    Files.writeString(record, sound.replace("\"hubert\" : \"..", "\"ears\" : \".."));
    assertThatThrownBy(() -> ModelDirectory.open(model, null))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("'shared'");
  }

  @Test
  void aCardIsOneOfTheModelsFiles() throws IOException {
    Path model = write(Map.of());
    TrainedModel.describe(model, "# A model\n");
    TrainedModel.describe(model, "# The model\n");
    assertThat(model.resolve("README.md")).hasContent("# The model");
    assertThat(wrong(model)).isEmpty();
  }

  @Test
  void aBaseModelHasNoStyle() {
    assertThatThrownBy(
            () ->
                new TrainedModel(Variant.BASE, parts, Map.of(), "ours", Map.of())
                    .write(directory.resolve("model"), null, line -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("has no part 'pitch'");
    assertThat(directory.resolve("model")).doesNotExist();
  }
}

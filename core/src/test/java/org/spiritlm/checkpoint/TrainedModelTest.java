package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.DType;

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
    for (Part part : Part.values()) {
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

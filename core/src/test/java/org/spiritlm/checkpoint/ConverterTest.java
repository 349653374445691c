package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;

class ConverterTest {
  private static final Path META = Golden.path("checkpoints");

  @TempDir Path folder;

  private final List<String> progress = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"base", "expressive"})
  void everyTensorIsThatOfTheReleasedLayout(String variant) {
    Path target = folder.resolve("ours");
    Converter.convert(META, variant, target, null, progress::add);

    ModelLayout from = ModelDirectory.open(META, variant).layout();
    ModelLayout to = ModelDirectory.open(target, null).layout();
    assertThat(to).isInstanceOf(OwnLayout.class);
    assertThat(to.parts()).isEqualTo(from.parts());
    assertThat(to.variant()).isEqualTo(from.variant());
    assertThat(to.hubertConfig()).isEqualTo(from.hubertConfig());
    same(to.hubert(), from.hubert());
    same(to.quantizer(), from.quantizer());
    same(to.vocoder(), from.vocoder());
    if (from.parts().contains(Part.PITCH)) {
      assertThat(to.pitchQuantizerConfig()).isEqualTo(from.pitchQuantizerConfig());
      assertThat(to.pitchNetwork().config()).isEqualTo(from.pitchNetwork().config());
      same(to.pitchNetwork().weights(), from.pitchNetwork().weights());
      same(to.pitchQuantizer(), from.pitchQuantizer());
      assertThat(to.styleConfig()).isEqualTo(from.styleConfig());
      same(to.style(), from.style());
    }
    assertThat(ModelDirectory.open(target, null).vocoder(Device.CPU).config())
        .isEqualTo(ModelDirectory.open(META, variant).vocoder(Device.CPU).config());
    assertThat(progress).contains("writing lm", "writing vocoder");
    assertThat(folder).isDirectoryNotContaining(path -> path.toString().endsWith(".part"));
  }

  private static void same(TensorSource found, TensorSource expected) {
    assertThat(found.names()).isSubsetOf(expected.names()).isNotEmpty();
    for (String name : found.names()) {
      Tensor tensor = expected.load(name);
      assertThat(Tensors.floats(found.load(name))).as(name).isEqualTo(Tensors.floats(tensor));
      assertThat(found.info(name).shape()).isEqualTo(expected.info(name).shape());
    }
  }

  @Test
  void onlyTheLanguageModelTakesTheTypeThatIsAsked() throws IOException {
    Path bf16 = folder.resolve("bf16");
    Path fp32 = folder.resolve("fp32");
    Converter.convert(META, "base", fp32, DType.F32, progress::add);
    Converter.convert(fp32, null, bf16, DType.BF16, progress::add);

    SafetensorsFile wide = SafetensorsFile.open(fp32.resolve("lm/model.safetensors"));
    SafetensorsFile narrow = SafetensorsFile.open(bf16.resolve("lm/model.safetensors"));
    assertThat(wide.info("model.norm.weight").dtype()).isEqualTo(DType.F32);
    assertThat(narrow.info("model.norm.weight").dtype()).isEqualTo(DType.BF16);
    assertThat(SafetensorsFile.open(bf16.resolve("hubert/model.safetensors")).names())
        .isNotEmpty()
        .allMatch(
            name ->
                SafetensorsFile.open(bf16.resolve("hubert/model.safetensors")).info(name).dtype()
                    == DType.F32);
    assertThat(Files.readString(bf16.resolve("lm/config.json"))).contains("\"bfloat16\"");
    same(narrow, wide); // the release is bfloat16, so nothing is lost on the way
  }

  @Test
  void recordsWhatItWroteSoThatDamageIsFound() throws IOException {
    Path target = folder.resolve("ours");
    ModelRecord record = Converter.convert(META, "expressive", target, null, progress::add);

    assertThat(record).isEqualTo(ModelRecord.read(target));
    assertThat(record.sampleRate()).isEqualTo(16_000);
    assertThat(record.frameRates()).containsEntry("pitch", 12.5);
    assertThat(record.vocabulary().get("hubert").get(0).from()).isEqualTo(32_002);
    assertThat(record.licence()).contains("FAIR").contains("MIT");
    ModelInformation information = ModelInformation.of(ModelDirectory.open(target, null));
    assertThat(information.verify()).isNotEmpty().allMatch(check -> check.problem() == null);
    assertThat(information.parameters()).isGreaterThan(4_000_000);

    Path weights = target.resolve("style/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    Files.delete(target.resolve("vocoder/speakers.txt"));
    Files.writeString(target.resolve("lm/extra.txt"), "x");
    assertThat(information.verify())
        .contains(
            new ModelInformation.FileCheck("style/model.safetensors", "its checksum is another"),
            new ModelInformation.FileCheck("vocoder/speakers.txt", "missing"),
            new ModelInformation.FileCheck("lm/extra.txt", "not listed in spiritlm.json"));
  }

  @Test
  void replacesNothingAndLeavesNoHalf() throws IOException {
    Path target = Files.createDirectories(folder.resolve("ours"));
    Files.writeString(target.resolve("mine.txt"), "mine");
    assertThatThrownBy(() -> Converter.convert(META, "base", target, null, progress::add))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");

    Path damaged = folder.resolve("meta");
    copy(META.resolve("speech_tokenizer"), damaged.resolve("speech_tokenizer"));
    copy(META.resolve("spiritlm_model"), damaged.resolve("spiritlm_model"));
    Path file = damaged.resolve("speech_tokenizer/hifigan_spiritlm_base/generator.pt");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 500_000));
    assertThatThrownBy(
            () -> Converter.convert(damaged, "base", folder.resolve("new"), null, progress::add))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("generator.pt")
        .hasMessageContaining("truncated");
    assertThat(folder.resolve("new")).doesNotExist();
    assertThat(folder.resolve(".new.part")).doesNotExist();

    Files.delete(damaged.resolve("speech_tokenizer/hubert_25hz/mhubert_base_25hz.pt"));
    assertThatThrownBy(
            () -> Converter.convert(damaged, "base", folder.resolve("new"), null, progress::add))
        .hasMessageContaining("'hubert'")
        .hasMessageContaining("missing");
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        Files.createDirectories(target.getParent());
        if (Files.isRegularFile(path)) {
          Files.copy(path, target);
        }
      }
    }
  }
}

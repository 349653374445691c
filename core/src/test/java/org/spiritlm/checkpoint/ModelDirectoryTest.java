package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VocoderConfig;

class ModelDirectoryTest {
  private static final Path META = Golden.path("checkpoints");

  @TempDir Path folder;

  @Test
  void opensEveryPartOfTheReleasedLayout() {
    ModelDirectory model = ModelDirectory.open(META, "expressive");

    assertThat(model.parts())
        .containsExactly(Part.LM, Part.HUBERT, Part.PITCH, Part.STYLE, Part.VOCODER);
    assertThat(model.frameRates())
        .containsEntry("hubert", 25.0)
        .containsEntry("pitch", 12.5)
        .containsEntry("style", 1.0);
    assertThat(model.hubert(Device.CPU).quantizer().units()).isEqualTo(500);
    assertThat(model.pitchQuantizer(Device.CPU).config().codes()).isEqualTo(64);
    assertThat(model.pitchNetwork(Device.CPU).config().bins()).isEqualTo(360);
    assertThat(model.style(Device.CPU).config().styles()).isEqualTo(100);
    VocoderConfig vocoder = model.vocoder(Device.CPU).config();
    assertThat(vocoder.speakers()).hasSize(4);
    assertThat(vocoder.pitch()).isNotNull();
    assertThat(model.textTokenizer().id("[St99]")).hasValue(32666);
    assertThat(model.languageModelWeights().names()).contains("lm_head.weight");
  }

  @Test
  void aBaseModelHasNeitherPitchNorStyle() {
    ModelDirectory model = ModelDirectory.open(META, "base");

    assertThat(model.isExpressive()).isFalse();
    assertThat(model.parts()).containsExactly(Part.LM, Part.HUBERT, Part.VOCODER);
    assertThat(model.vocoder(Device.CPU).config().styles()).hasSize(26);
  }

  @Test
  void takesTheOnlyVariantThatIsThere() throws IOException {
    Files.createDirectories(folder.resolve("spiritlm_model/spirit-lm-base-7b"));

    assertThat(ModelDirectory.open(folder, null).variant()).isEqualTo(Variant.BASE);
  }

  @Test
  void saysWhatIsWrong() throws IOException {
    assertThatThrownBy(() -> ModelDirectory.open(META, null))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("holds both")
        .hasMessageContaining("--variant");
    Path none = Files.createDirectories(folder.resolve("meta/speech_tokenizer")).getParent();
    assertThatThrownBy(() -> ModelDirectory.open(none, null)).hasMessageContaining("holds neither");
    assertThatThrownBy(() -> ModelDirectory.open(none, "base"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("holds no part of the base model")
        .hasMessageContaining("spirit-lm-base-7b");
    assertThatThrownBy(() -> ModelDirectory.open(META, "big"))
        .hasMessageContaining("base or expressive");
    assertThatThrownBy(() -> ModelDirectory.open(folder, null))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is no model")
        .hasMessageContaining("spiritlm.json");
    assertThatThrownBy(() -> ModelDirectory.open(folder.resolve("none"), null))
        .hasMessageContaining("no such directory");
  }
}

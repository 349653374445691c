package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;

class PitchQuantizerConfigTest {
  private static final Path YAML =
      Golden.path("checkpoints/speech_tokenizer/vqvae_f0_quantizer/config.yaml");

  @TempDir private Path directory;

  @Test
  void jsonIsReadBackAsItWasWritten() throws IOException {
    Path json = Files.writeString(directory.resolve("vqvae.json"), config().json().toString());
    assertThat(PitchQuantizerConfig.read(json)).isEqualTo(config());
  }

  @Test
  void yamlGivesTheSizes() {
    assertThat(config().codes()).isEqualTo(64);
    assertThat(config().embedding()).isEqualTo(128);
    assertThat(config().features()).containsExactly(PitchFeature.NORM_F0_INTERP, PitchFeature.VUV);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "speaker_norm: false|speaker_norm: true|speaker_norm",
        "features: norm_f0_interp,vuv|features: loudness|features",
        "features: norm_f0_interp,vuv|features: vuv|input_emb_width",
        "  width: 32|  width: wide|width",
        "  width: 32|  width: 0|width",
        "  m_conv: 1.0|  m_conv: 0.01|m_conv",
        "  levels: 1|  levels: 2|levels",
        "  depth: 4|  deep: 4|depth",
        "  - 4|  - 40|downs_t",
        "  l_bins: 64|  l_bins: -1|l_bins",
        "vq_params:|other:|vq_params",
        "speaker_norm: false|speaker_norm: [|YAML"
      })
  void mistakesAreNamedWithTheFileAndTheEntry(String from, String to, String named)
      throws IOException {
    String yaml = Files.readString(YAML);
    assertThat(yaml).contains(from);
    Path file = Files.writeString(directory.resolve("config.yaml"), yaml.replace(from, to));
    assertThatThrownBy(() -> PitchQuantizerConfig.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(named);
  }

  @Test
  void tagsInYamlBuildNoObjects() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("config.yaml"),
            "features: !!javax.script.ScriptEngineManager [!!java.net.URL [\"http://localhost\"]]\n"
                + Files.readString(YAML).replace("features:", "was:"));
    assertThatThrownBy(() -> PitchQuantizerConfig.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("features");
  }

  @Test
  void missingFileIsNamed() {
    Path missing = directory.resolve("config.yaml");
    assertThatThrownBy(() -> PitchQuantizerConfig.read(missing))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(missing.toString());
  }

  private static PitchQuantizerConfig config() {
    return PitchQuantizerConfig.read(YAML);
  }
}

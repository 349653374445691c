package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/** Against Hugging Face's models; tools/golden/ctc.py made the fixtures. */
final class CtcModelTest {
  private static final float TOLERANCE = 2e-5f;

  @ParameterizedTest
  @ValueSource(strings = {"group", "layer-prenorm", "layer", "group-prenorm-bias", "hubert"})
  void logProbabilitiesAreHuggingFaces(String name) {
    Path folder = Fixtures.folder("/ctc/" + name);
    SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
    boolean standardises =
        ConfigFile.read(folder.resolve("preprocessor_config.json")).flag("do_normalize", true);
    try (Scope scope = Scope.open()) {
      float[] waveform = Tensors.floats(expected.load("waveform"));
      Tensor logits = expected.load("logits"); // [T, V]
      float[] wanted = Tensors.floats(torch.log_softmax(logits, -1));

      Tensor found =
          model(folder)
              .logProbabilities(
                  List.of(standardises ? Wav2Vec2Encoder.standardised(waveform, 1e-7) : waveform));

      assertThat(Tensors.shape(found)).containsExactly(Tensors.shape(logits));
      assertThat(Tensors.floats(found))
          .usingComparatorWithPrecision(TOLERANCE)
          .containsExactly(wanted);
    }
  }

  /** Recordings that go together are what each is alone. */
  @ParameterizedTest
  @ValueSource(strings = {"group", "layer-prenorm", "hubert"})
  void batchIsSingles(String name) {
    CtcModel model = model(Fixtures.folder("/ctc/" + name));
    List<float[]> recordings = new ArrayList<>();
    for (int samples : new int[] {900, 4001, 60, 900}) {
      recordings.add(Waves.chirp(samples, recordings.size()));
    }
    try (Scope scope = Scope.open()) {
      float[] together = Tensors.floats(model.logProbabilities(recordings));
      int start = 0;
      for (float[] recording : recordings) {
        float[] alone = Tensors.floats(model.logProbabilities(List.of(recording)));
        assertThat(Arrays.copyOfRange(together, start, start + alone.length))
            .usingComparatorWithPrecision(TOLERANCE)
            .containsExactly(alone);
        start += alone.length;
      }
      assertThat(together).hasSize(start);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"group", "layer-prenorm", "layer", "hubert"})
  void configurationsAreReadBackAsTheyWereWritten(String name) {
    CtcConfig config = config(Fixtures.folder("/ctc/" + name));
    assertThat(CtcConfig.read(ConfigFile.parse("config.json", config.json().toString())))
        .isEqualTo(config);
  }

  @Test
  void otherModelsAreRefused() {
    assertRefused("{}", "model_type", "found nothing");
    assertRefused("{\"model_type\":\"whisper\"}", "\"wav2vec2\" or \"hubert\"");
    assertRefused(
        "{\"model_type\":\"wav2vec2\",\"vocab_size\":30,\"pad_token_id\":30}", "from 0 to 29");
    assertRefused("{\"model_type\":\"wav2vec2\",\"adapter_attn_dim\":16}", "adapter_attn_dim");
    assertRefused("{\"model_type\":\"wav2vec2\",\"add_adapter\":true}", "add_adapter");
  }

  private static void assertRefused(String json, String... messages) {
    assertThatThrownBy(() -> CtcConfig.read(ConfigFile.parse("config.json", json)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(messages);
  }

  private static CtcConfig config(Path folder) {
    return CtcConfig.read(ConfigFile.read(folder.resolve("config.json")));
  }

  private static CtcModel model(Path folder) {
    return new CtcModel(Weights.of(TensorFiles.open(folder)), config(folder));
  }
}

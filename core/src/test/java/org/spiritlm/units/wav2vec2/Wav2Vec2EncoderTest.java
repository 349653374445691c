package org.spiritlm.units.wav2vec2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;

/** Against Hugging Face's models; tools/golden/wav2vec2.py made the fixtures. */
class Wav2Vec2EncoderTest {
  private static final float TOLERANCE = 2e-5f;

  @ParameterizedTest
  @ValueSource(strings = {"hubert-group", "hubert-layer-prenorm", "style-layer"})
  void everyBlockGivesWhatHuggingFaceGives(String name) {
    Path folder = folder(name);
    SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
    Weights weights = Weights.of(SafetensorsFile.open(folder.resolve("model.safetensors")));
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(folder.resolve("config.json")));
    Wav2Vec2Encoder encoder =
        new Wav2Vec2Encoder(name.startsWith("style") ? weights.at("wav2vec2") : weights, config);
    try (Scope scope = Scope.open()) {
      float[] waveform = Tensors.floats(expected.load("waveform"));
      Tensor hidden = expected.load("hidden"); // [L + 1, T, D]
      assertThat(hidden.size(0)).isEqualTo(config.layers() + 1L);
      assertThat(hidden.size(1)).isEqualTo(config.frames(waveform.length));
      for (int layer = 0; layer <= config.layers(); layer++) {
        assertSame(encoder.forward(waveform, layer), hidden.select(0, layer));
      }
      assertSame(encoder.forward(waveform), expected.load("last"));
    }
  }

  @Test
  void styleLogitsAreThoseOfTheMeansOfSeconds() {
    Path folder = folder("style-layer");
    SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
    StyleConfig config = StyleConfig.read(ConfigFile.read(folder.resolve("config.json")));
    StyleTokenizer style =
        new StyleTokenizer(
            Weights.of(SafetensorsFile.open(folder.resolve("model.safetensors"))), config);
    try (Scope scope = Scope.open()) {
      float[] waveform = Tensors.floats(expected.load("waveform"));
      Tensor logits = expected.load("logits");
      assertThat(logits.size(1)).isEqualTo(config.styles());
      assertSame(style.logits(waveform), logits);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hubert-group", "hubert-layer-prenorm"})
  void configurationsAreReadBackAsTheyWereWritten(String name) {
    HubertConfig read = HubertConfig.read(ConfigFile.read(folder(name).resolve("config.json")));
    HubertConfig config = new HubertConfig(read.encoder(), 2, true);
    assertThat(HubertConfig.read(ConfigFile.parse("config.json", config.json().toString())))
        .isEqualTo(config);
    assertThat(HubertConfig.read(ConfigFile.parse("config.json", read.json().toString())))
        .isEqualTo(read);
  }

  /** A layer that is not wanted costs nothing, and the next utterance is not disturbed by this. */
  @Test
  void outputsDoNotDependOnWhatWasComputedBefore() {
    Path folder = folder("hubert-group");
    Weights weights = Weights.of(SafetensorsFile.open(folder.resolve("model.safetensors")));
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(folder.resolve("config.json")));
    Wav2Vec2Encoder encoder = new Wav2Vec2Encoder(weights, config);
    float[] samples = new float[4321];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) Math.sin(0.01 * i * (1 + 0.001 * i));
    }
    try (Scope scope = Scope.open()) {
      float[] first = Tensors.floats(encoder.forward(samples));
      encoder.forward(Arrays.copyOf(samples, 1000), 1);
      assertThat(Tensors.floats(encoder.forward(samples))).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hubert-group", "hubert-layer-prenorm", "style-layer"})
  void utterancesThatGoTogetherAreWhatEachIsAlone(String name) {
    Path folder = folder(name);
    Weights weights = Weights.of(SafetensorsFile.open(folder.resolve("model.safetensors")));
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(folder.resolve("config.json")));
    Wav2Vec2Encoder encoder =
        new Wav2Vec2Encoder(name.startsWith("style") ? weights.at("wav2vec2") : weights, config);
    List<float[]> utterances = new ArrayList<>();
    for (int samples : new int[] {1203, (int) config.receptiveField(), 5000, 1203}) {
      float[] utterance = new float[samples];
      for (int i = 0; i < samples; i++) {
        utterance[i] = (float) Math.sin(0.01 * i * (1 + 0.001 * i) + utterances.size());
      }
      utterances.add(utterance);
    }
    try (Scope scope = Scope.open()) {
      Tensor together = encoder.forward(utterances);
      long start = 0;
      for (float[] utterance : utterances) {
        long frames = config.frames(utterance.length);
        assertSame(together.narrow(0, start, frames), encoder.forward(utterance));
        start += frames;
      }
      assertThat(together.size(0)).isEqualTo(start);
    }
  }

  @Test
  void tooFewSamplesAndNoNumbersAreRefused() {
    Path folder = folder("hubert-group");
    Weights weights = Weights.of(SafetensorsFile.open(folder.resolve("model.safetensors")));
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(folder.resolve("config.json")));
    Wav2Vec2Encoder encoder = new Wav2Vec2Encoder(weights, config);
    int least = (int) config.receptiveField();
    try (Scope scope = Scope.open()) {
      assertThat(encoder.forward(new float[least]).size(0)).isEqualTo(1);
    }
    assertThatThrownBy(() -> encoder.forward(new float[least - 1]))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least " + least);
    float[] bad = new float[2000];
    bad[1234] = Float.NaN;
    assertThatThrownBy(() -> encoder.forward(bad))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sample 1234");
    assertThatThrownBy(() -> Wav2Vec2Encoder.standardised(bad, 1e-7))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sample 1234");
  }

  private static void assertSame(Tensor found, Tensor expected) {
    assertThat(info(found)).isEqualTo(info(expected));
    assertThat(Tensors.floats(found))
        .usingComparatorWithPrecision(TOLERANCE)
        .containsExactly(Tensors.floats(expected));
  }

  private static TensorInfo info(Tensor tensor) {
    return TensorInfo.of(DType.of(tensor), Tensors.shape(tensor));
  }

  private static Path folder(String name) {
    try {
      return Path.of(Wav2Vec2EncoderTest.class.getResource("/wav2vec2/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Variants that the released network does not have, against torchfcpe;
 * tools/golden/fcpe_attention.py made the fixture.
 */
class FcpeTest {
  private static final SafetensorsFile FIXTURE =
      SafetensorsFile.open(resource("attention.safetensors"));
  private static final FcpeConfig CONFIG =
      FcpeConfig.of(ConfigFile.read(resource("attention.json")));

  @Test
  void attentionAndHarmonicsAreThoseOfTorchfcpe() {
    Fcpe network = new Fcpe(Weights.of(FIXTURE).at("model"), CONFIG);
    try (Scope scope = Scope.open()) {
      assertClose(network.forward(FIXTURE.load("mel")), FIXTURE.load("latent"), 1e-5f);
    }
  }

  @Test
  void aWindowShorterThanTheTransformIsPaddedAsInTorchfcpe() {
    try (Scope scope = Scope.open()) {
      float[] wave = Tensors.floats(FIXTURE.load("wave"));
      assertClose(new MelSpectrogram(CONFIG.mel()).forward(wave), FIXTURE.load("wave_mel"), 2e-3f);
    }
  }

  @Test
  void configurationIsReadBackAsItWasWritten() {
    for (FcpeConfig config : new FcpeConfig[] {CONFIG, FcpeConfig.RELEASED}) {
      assertThat(FcpeConfig.of(ConfigFile.parse("config", config.json().toString())))
          .isEqualTo(config);
    }
  }

  @Test
  void anInitialisedNetworkHasPitchesFromTheLowestToTheHighest() {
    Fcpe network = new Fcpe(Weights.initialise(1), CONFIG);
    float[] cents = network.cents();
    assertThat(10 * Math.pow(2, cents[0] / 1200)).isCloseTo(40, within());
    assertThat(10 * Math.pow(2, cents[cents.length - 1] / 1200)).isCloseTo(800, within());
  }

  @Test
  void anotherSampleRateIsRefused() {
    MelSpectrogram.Config mel = new MelSpectrogram.Config(8000, 16, 512, 400, 160, 50, 4000);
    FcpeConfig config = new FcpeConfig(mel, 24, 32, 1, 2, false, true, false, 40, 800);
    Fcpe network = new Fcpe(Weights.initialise(1), config);
    assertThatThrownBy(() -> new FcpePitchExtractor(network))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("8000 Hz");
  }

  private static org.assertj.core.data.Offset<Double> within() {
    return org.assertj.core.data.Offset.offset(0.01);
  }

  private static void assertClose(Tensor found, Tensor expected, float tolerance) {
    assertThat(Tensors.shape(found)).isEqualTo(Tensors.shape(expected));
    assertThat(Tensors.floats(found))
        .usingComparatorWithPrecision(tolerance)
        .containsExactly(Tensors.floats(expected));
  }

  private static Path resource(String name) {
    try {
      return Path.of(FcpeTest.class.getResource("/pitch/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

package org.spiritlm.units.wav2vec2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

class FeatureExtractorTest {
  // Kernels shorter than, equal to, longer than and much longer than the stride.
  private static final List<ConvolutionLayer> LAYERS =
      List.of(
          new ConvolutionLayer(6, 10, 5),
          new ConvolutionLayer(8, 3, 2),
          new ConvolutionLayer(8, 7, 2),
          new ConvolutionLayer(4, 2, 2),
          new ConvolutionLayer(5, 1, 2));

  /** Windows, views and the folded norm give what plain convolutions over everything give. */
  @ParameterizedTest
  @CsvSource({
    "GROUP, true, 1", "GROUP, false, 64", "GROUP, true, 65", "GROUP, false, 200",
    "LAYER, false, 1", "LAYER, true, 64", "LAYER, false, 65", "LAYER, true, 200"
  })
  void equalsPlainConvolutions(FeatureNorm norm, boolean bias, int frames) {
    Wav2Vec2Config config =
        new Wav2Vec2Config(LAYERS, bias, norm, true, 8, 1, 1, 8, 3, 1, false, 1e-5);
    Weights weights = Weights.initialise(frames);
    FeatureExtractor extractor = new FeatureExtractor(randomised(weights, config), config);
    // The last sample but one that adds no frame.
    long samples = config.receptiveField() + frames * config.stride() - 1;
    try (Scope scope = Scope.open()) {
      Tensor waveform =
          Weights.initialise(7)
              .tensor("x", Initializer.normal(0.3), samples)
              .add(Tensors.scalar(0.2));

      Tensor features = extractor.forward(waveform);

      assertThat(Tensors.shape(features)).containsExactly(frames, 5);
      assertThat(config.frames(samples)).isEqualTo(frames);
      assertThat(Tensors.floats(features))
          .usingComparatorWithPrecision(1e-4f)
          .containsExactly(Tensors.floats(plain(weights, config, waveform)));
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "0.5"})
  void aConstantWaveformGivesTheShiftOfTheGroupNorm(float level) {
    Wav2Vec2Config config =
        new Wav2Vec2Config(
            LAYERS.subList(0, 1), false, FeatureNorm.GROUP, true, 8, 1, 1, 8, 3, 1, false, 1e-5);
    Weights weights = randomised(Weights.initialise(3), config);
    FeatureExtractor extractor = new FeatureExtractor(weights, config);
    float[] samples = new float[1000];
    java.util.Arrays.fill(samples, level);
    try (Scope scope = Scope.open()) {
      Tensor shift = weights.at("conv_layers", 0, "layer_norm").tensor("bias", 6);
      float[] expected = Tensors.floats(torch.gelu(shift));
      float[] features = Tensors.floats(extractor.forward(Tensors.of(samples)));

      for (int i = 0; i < features.length; i++) {
        assertThat(features[i]).isEqualTo(expected[i % 6], Offset.offset(1e-4f));
      }
    }
  }

  /** Gives norms and biases values of their own before the model asks for them. */
  private static Weights randomised(Weights weights, Wav2Vec2Config config) {
    for (int i = 0; i < config.convolutions().size(); i++) {
      long channels = config.convolutions().get(i).channels();
      weights.at("conv_layers", i, "conv").tensor("bias", Initializer.normal(0.5), channels);
      weights.at("conv_layers", i, "layer_norm").tensor("weight", Initializer.normal(1), channels);
      weights.at("conv_layers", i, "layer_norm").tensor("bias", Initializer.normal(1), channels);
    }
    return weights;
  }

  private static Tensor plain(Weights weights, Wav2Vec2Config config, Tensor waveform) {
    Tensor x = waveform.view(1, 1, -1); // [1, C, T]
    for (int i = 0; i < config.convolutions().size(); i++) {
      ConvolutionLayer layer = config.convolutions().get(i);
      Weights at = weights.at("conv_layers", i);
      long channels = layer.channels();
      TensorOptional bias =
          config.convolutionBias()
              ? new TensorOptional(at.at("conv").tensor("bias", channels))
              : new TensorOptional();
      Tensor weight = at.at("conv").tensor("weight", channels, x.size(1), layer.kernel());
      TensorOptional gain = new TensorOptional(at.at("layer_norm").tensor("weight", channels));
      TensorOptional shift = new TensorOptional(at.at("layer_norm").tensor("bias", channels));
      x =
          torch.conv1d(
              x, weight, bias, new long[] {layer.stride()}, new long[] {0}, new long[] {1}, 1);
      if (config.featureNorm() == FeatureNorm.LAYER) {
        x =
            torch
                .layer_norm(x.transpose(1, 2), new long[] {channels}, gain, shift, 1e-5, false)
                .transpose(1, 2);
      } else if (i == 0) {
        x = torch.group_norm(x, channels, gain, shift, 1e-5, false);
      }
      x = torch.gelu(x);
    }
    return x.squeeze(0).t(); // [T, C]
  }
}

package org.spiritlm.training.speech;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Products.Geometry;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/** The convolutions over the waveform, as plain operations that carry gradients. */
final class TrainableFeatures {
  /** Added to the variance in the norms of the convolutions; no configuration changes it. */
  private static final double EPSILON = 1e-5;

  private final List<Layer> layers = new ArrayList<>();

  private record Layer(
      long stride,
      Tensor weight,
      @Nullable Tensor bias,
      @Nullable Normalization group,
      @Nullable Normalization layer) {

    /** [B, C, N] to [B, C', N']. */
    Tensor forward(Tensor x) {
      return rest(Products.convolution(x, weight, shift(), Geometry.strided(stride)));
    }

    /** The first one, of samples, [B, 1, N], which 8 bits are too few for. */
    Tensor first(Tensor x) {
      long[] one = {1};
      long[] zero = {0};
      return rest(torch.conv1d(x, weight, shift(), new long[] {stride}, zero, one, 1));
    }

    private TensorOptional shift() {
      return bias == null ? new TensorOptional() : new TensorOptional(bias);
    }

    private Tensor rest(Tensor y) {
      if (group != null) {
        return torch.gelu(Products.rounded(group.forward(y)));
      }
      return torch.gelu(
          Products.rounded(layer == null ? y : layer.forward(y.transpose(1, 2)).transpose(1, 2)));
    }
  }

  /** Takes {@code conv_layers.I.conv} and {@code conv_layers.I.layer_norm}. */
  TrainableFeatures(Weights weights, Wav2Vec2Config config) {
    long in = 1;
    for (int i = 0; i < config.convolutions().size(); i++) {
      ConvolutionLayer layer = config.convolutions().get(i);
      Weights conv = weights.at("conv_layers", i, "conv");
      Weights norm = weights.at("conv_layers", i, "layer_norm");
      long out = layer.channels();
      // Keeps the variance through the GELUs (He et al. 2015).
      Initializer initializer = Initializer.normal(Math.sqrt(2.0 / (in * layer.kernel())));
      boolean isGroup = i == 0 && config.featureNorm() == FeatureNorm.GROUP;
      boolean isLayer = config.featureNorm() == FeatureNorm.LAYER;
      layers.add(
          new Layer(
              layer.stride(),
              conv.tensor("weight", initializer, out, in, layer.kernel()),
              config.convolutionBias() ? conv.tensor("bias", Initializer.zeros(), out) : null,
              isGroup ? Normalization.group(norm, out, out, EPSILON) : null,
              isLayer ? Normalization.layer(norm, out, EPSILON) : null));
      in = out;
    }
  }

  /** Frames of waveforms of one length: [B, N] to [B, C, F]. */
  Tensor forward(Tensor waveforms) {
    Tensor x = layers.get(0).first(waveforms.unsqueeze(1)); // [B, 1, N] to [B, C, N']
    for (Layer layer : layers.subList(1, layers.size())) {
      x = layer.forward(x);
    }
    return x.to(waveforms.scalar_type());
  }
}

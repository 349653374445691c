package org.spiritlm.units.wav2vec2;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/**
 * The convolutions that turn a waveform into frames: [N] to [T, C].
 *
 * <p>Three things make it fast and small without changing the result. Frames lie one after another
 * with their channels together, so that a convolution is a product of matrices over views of its
 * input, and nothing is copied or transposed. The waveform is worked off in windows of output
 * frames, so that memory does not grow with its length (one layer's output of 100 s would take 655
 * MB). And where the first layer has a group norm over the whole time, mean and variance of its
 * channels follow from mean and covariance of the samples under its kernel, so that the norm
 * becomes part of that layer's weight before the first window.
 */
final class FeatureExtractor {
  /**
   * Output frames computed at once: enough for the matrix products, little enough for the cache.
   */
  static final int WINDOW = 64;

  /** The same on a GPU, which many small products would keep waiting. */
  private static final int GPU_WINDOW = 1024;

  /** Added to the variance in the norms of the convolutions; no configuration changes it. */
  private static final double EPSILON = 1e-5;

  private final Wav2Vec2Config config;
  private final List<Layer> layers = new ArrayList<>();
  private final @Nullable GroupNorm groupNorm;

  /**
   * One convolution.
   *
   * @param weight [K·C, C'], the taps in order and the input channels of one tap together
   * @param bias [C']
   * @param norm over the output channels of each frame
   */
  private record Layer(
      int kernel, int stride, Tensor weight, @Nullable Tensor bias, @Nullable Normalization norm) {

    /** [T, C] to [T', C']. */
    Tensor forward(Tensor x) {
      Tensor y = convolve(x); // [T', C']
      return torch.gelu_(norm == null ? y : norm.forward(y));
    }

    /**
     * The kernel is cut into parts no longer than the stride: under each, the frames of the input
     * are the rows of a matrix without overlap, which is multiplied where it lies.
     */
    private Tensor convolve(Tensor x) {
      long channels = x.size(1);
      if (channels == 1) { // so narrow that a copy costs less than a second product
        Tensor rows = x.view(x.numel()).unfold(0, kernel, stride); // [T', K]
        return bias == null ? torch.mm(rows, weight) : torch.addmm(bias, rows, weight);
      }
      long frames = (x.size(0) - kernel) / stride + 1;
      Tensor y = null;
      for (long tap = 0; tap < kernel; tap += stride) {
        long columns = Math.min(stride, kernel - tap) * channels;
        Tensor rows =
            x.narrow(0, tap, x.size(0) - tap)
                .as_strided(new long[] {frames, columns}, stride * channels, 1); // [T', columns]
        Tensor part = weight.narrow(0, tap * channels, columns); // [columns, C']
        if (y != null) {
          y.addmm_(rows, part);
        } else {
          y = bias == null ? torch.mm(rows, part) : torch.addmm(bias, rows, part);
        }
      }
      return y;
    }
  }

  /** Gain and shift of a group norm with one channel a group, [C]. */
  private record GroupNorm(Tensor gain, Tensor shift) {}

  /** Takes {@code conv_layers.I.conv} and {@code conv_layers.I.layer_norm}. */
  FeatureExtractor(Weights weights, Wav2Vec2Config config) {
    this.config = config;
    int channels = 1;
    for (int i = 0; i < config.convolutions().size(); i++) {
      Weights at = weights.at("conv_layers", i);
      ConvolutionLayer layer = config.convolutions().get(i);
      layers.add(layer(at, channels, layer));
      channels = layer.channels();
    }
    groupNorm =
        config.featureNorm() == FeatureNorm.GROUP
            ? groupNorm(weights.at("conv_layers", 0, "layer_norm"))
            : null;
  }

  private Layer layer(Weights weights, int channels, ConvolutionLayer layer) {
    Weights at = weights.at("conv");
    // Keeps the variance through the GELUs (He et al. 2015).
    Initializer initializer = Initializer.normal(Math.sqrt(2.0 / (channels * layer.kernel())));
    Tensor weight =
        at.tensor("weight", initializer, layer.channels(), channels, layer.kernel()); // [C', C, K]
    Tensor bias =
        config.convolutionBias() ? at.tensor("bias", Initializer.zeros(), layer.channels()) : null;
    Normalization norm =
        config.featureNorm() == FeatureNorm.LAYER
            ? Normalization.layer(weights.at("layer_norm"), layer.channels(), EPSILON)
            : null;
    try (Scope scope = Scope.open()) {
      Tensor taps = weight.permute(2, 1, 0).contiguous().view(-1, layer.channels()); // [K·C, C']
      return new Layer(layer.kernel(), layer.stride(), Scope.detach(taps), bias, norm);
    }
  }

  private GroupNorm groupNorm(Weights weights) {
    long channels = config.convolutions().get(0).channels();
    return new GroupNorm(
        weights.tensor("weight", Initializer.ones(), channels),
        weights.tensor("bias", Initializer.zeros(), channels));
  }

  /** Frames of a waveform of at least one receptive field: [N] to [T, C]. */
  Tensor forward(Tensor waveform) {
    long frames = config.frames(waveform.size(0));
    Layer last = layers.get(layers.size() - 1);
    Tensor features =
        torch.empty(
            new long[] {frames, last.weight().size(1)}, last.weight().options(), null); // [T, C]
    Layer first = groupNorm == null ? layers.get(0) : fold(groupNorm, waveform);
    int window = waveform.is_cpu() ? WINDOW : GPU_WINDOW;
    for (long start = 0; start < frames; start += window) {
      try (Scope scope = Scope.open()) {
        long count = Math.min(window, frames - start);
        long samples = (count - 1) * config.stride() + config.receptiveField();
        Tensor x = first.forward(waveform.narrow(0, start * config.stride(), samples).unsqueeze(1));
        for (Layer layer : layers.subList(1, layers.size())) {
          x = layer.forward(x);
        }
        features.narrow(0, start, count).copy_(x);
      }
    }
    return features;
  }

  /**
   * The first layer with the group norm of this waveform in its weight and bias.
   *
   * <p>A channel's output w·s + b, over all windows s of K samples, has mean w·E[s] + b and
   * variance wᵀ Cov[s] w; the norm removes the layer's own bias b.
   */
  private Layer fold(GroupNorm norm, Tensor waveform) {
    Layer layer = layers.get(0);
    try (Scope scope = Scope.open()) {
      Tensor windows =
          waveform.unfold(0, layer.kernel(), layer.stride()).to(torch.ScalarType.Double); // [T', K]
      Tensor mean = windows.mean(0); // [K]
      Tensor centred = windows.sub(mean); // [T', K]
      Tensor covariance =
          centred.t().mm(centred).div(Tensors.scalar((double) windows.size(0))); // [K, K]
      Tensor weight = layer.weight().to(torch.ScalarType.Double); // [K, C]
      Tensor variance = covariance.mm(weight).mul(weight).sum(0); // [C]
      Tensor scale = variance.add(Tensors.scalar(EPSILON)).rsqrt().mul(norm.gain()); // [C]
      Tensor shift = norm.shift().sub(mean.unsqueeze(0).mm(weight).squeeze(0).mul(scale)); // [C]
      torch.ScalarType type = DType.of(layer.weight()).scalarType();
      return new Layer(
          layer.kernel(),
          layer.stride(),
          scope.keep(weight.mul(scale).to(type)),
          scope.keep(shift.to(type)),
          null);
    }
  }
}

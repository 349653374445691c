package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Weights;

/** One layer of FCPE: attention where the network has it, then a convolution module. */
final class FcpeLayer {
  private record NormalisedAttention(Normalization norm, FavorAttention attention) {
    Tensor forward(Tensor x) {
      return attention.forward(norm.forward(x));
    }
  }

  private final @Nullable NormalisedAttention attention;
  private final ConvolutionModule convolution;

  FcpeLayer(Weights weights, FcpeConfig config) {
    this.attention =
        config.attention()
            ? new NormalisedAttention(
                Normalization.layer(weights.at("norm"), config.width(), Fcpe.EPSILON),
                new FavorAttention(weights.at("attn"), config))
            : null;
    // With dropout in its training settings the module is the first of two in a sequence.
    Weights module = weights.at("conformer");
    boolean wrapped = module.has("0.net.0.weight");
    this.convolution =
        new ConvolutionModule((wrapped ? module.at(0) : module).at("net"), config.width());
  }

  /** Changes x, [T, D], in place. */
  void forward(Tensor x) {
    if (attention != null) {
      x.add_(attention.forward(x));
    }
    convolution.addTo(x);
  }
}

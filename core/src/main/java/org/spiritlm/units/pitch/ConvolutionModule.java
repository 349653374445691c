package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/**
 * The convolution module of a Conformer layer: layer norm, a gated product, a depthwise convolution
 * over time, SiLU, a product back.
 *
 * <p>Time is the first axis and is walked in tiles, so that little memory is needed besides the
 * input's, and kernels are made for few lengths.
 */
final class ConvolutionModule {
  private static final int KERNEL = 31;
  private static final int HALF = KERNEL / 2;
  private static final int EXPANSION = 2;

  /** Frames worked on at once. */
  private static final long TILE = 1024;

  private final long inner;
  private final Normalization norm;
  private final Linear in; // [D -> 2 I]
  private final Tensor depth; // [I, 1, 1, K]
  private final TensorOptional depthBias; // [I]
  private final Tensor out; // [I, D]
  private final Tensor outBias; // [D]

  ConvolutionModule(Weights weights, long width) {
    this.inner = width * EXPANSION;
    this.norm = Normalization.layer(weights.at(0), width, Fcpe.EPSILON);
    Weights gate = weights.at(2);
    Initializer fromWidth = Initializer.uniform(1 / Math.sqrt((double) width));
    Tensor gateWeight = gate.tensor("weight", fromWidth, 2 * inner, width, 1);
    Tensor gateBias = gate.tensor("bias", fromWidth, 2 * inner);
    Weights middle = weights.at(4, "conv");
    Initializer fromKernel = Initializer.uniform(1 / Math.sqrt((double) KERNEL));
    Tensor depthWeight = middle.tensor("weight", fromKernel, inner, 1, KERNEL);
    this.depthBias = Scope.release(new TensorOptional(middle.tensor("bias", fromKernel, inner)));
    Weights back = weights.at(6);
    Initializer fromInner = Initializer.uniform(1 / Math.sqrt((double) inner));
    Tensor backWeight = back.tensor("weight", fromInner, width, inner, 1);
    this.outBias = back.tensor("bias", fromInner, width);
    try (Scope scope = Scope.open()) {
      this.in = Linear.of(gateWeight.squeeze(2), gateBias);
      this.depth =
          Scope.detach(
              depthWeight.unsqueeze(2).contiguous(MemoryFormat.ChannelsLast)); // [I, 1, 1, K]
      this.out = Scope.detach(backWeight.squeeze(2).t());
    }
  }

  /** Adds the module's value to x, [T, D], in place. */
  void addTo(Tensor x) {
    long time = x.size(0);
    Tensor gated = x.new_zeros(time + 2 * HALF, inner); // [T + 30, I]
    for (long at = 0; at < time; at += TILE) {
      long length = Math.min(TILE, time - at);
      try (Scope scope = Scope.open()) {
        Tensor tile = in.forward(norm.forward(x.narrow(0, at, length))); // [t, 2 I]
        torch.glu_out(gated.narrow(0, HALF + at, length), tile, 1);
      }
    }
    for (long at = 0; at < time; at += TILE) {
      long length = Math.min(TILE, time - at);
      try (Scope scope = Scope.open()) {
        Tensor y = convolve(gated.narrow(0, at, length + 2 * HALF)); // [t, I]
        Tensor residual = x.narrow(0, at, length);
        residual.add_(outBias).addmm_(torch.silu_(y), out);
      }
    }
  }

  /** The depthwise convolution without padding, [t + 30, I] to [t, I]. */
  private Tensor convolve(Tensor x) {
    // As an image of one line with its channels innermost, which is how the frames lie.
    Tensor line = x.t().unsqueeze(0).unsqueeze(2); // [1, I, 1, t + 30]
    long[] one = {1, 1};
    Tensor y = torch.conv2d(line, depth, depthBias, one, new long[] {0, 0}, one, inner);
    return y.squeeze(2).squeeze(0).t();
  }
}

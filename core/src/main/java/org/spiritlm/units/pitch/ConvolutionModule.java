package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/**
 * The convolution module of a Conformer layer: layer norm, a gated product, a depthwise convolution
 * over time, SiLU, a product back.
 *
 * <p>Time is the first axis and is walked in tiles that fit the processor's cache; the depthwise
 * convolution is one multiply-add of a whole tile for each tap.
 */
final class ConvolutionModule {
  private static final int KERNEL = 31;
  private static final int HALF = KERNEL / 2;
  private static final int EXPANSION = 2;

  /** Frames worked on at once. */
  private static final long TILE = 256;

  private final long inner;
  private final Normalization norm;
  private final Linear in; // [D -> 2 I]
  private final Tensor[] taps = new Tensor[KERNEL]; // each [I]
  private final Tensor depthBias; // [I]
  private final Tensor out; // [I, D]
  private final Tensor outBias; // [D]

  ConvolutionModule(Weights weights, long width) {
    this.inner = width * EXPANSION;
    this.norm = Normalization.layer(weights.at(0), width, Fcpe.EPSILON);
    Weights gate = weights.at(2);
    Initializer fromWidth = Initializer.uniform(1 / Math.sqrt((double) width));
    Tensor gateWeight = gate.tensor("weight", fromWidth, 2 * inner, width, 1);
    Tensor gateBias = gate.tensor("bias", fromWidth, 2 * inner);
    Weights depth = weights.at(4, "conv");
    Initializer fromKernel = Initializer.uniform(1 / Math.sqrt((double) KERNEL));
    Tensor depthWeight = depth.tensor("weight", fromKernel, inner, 1, KERNEL);
    this.depthBias = depth.tensor("bias", fromKernel, inner);
    Weights back = weights.at(6);
    Initializer fromInner = Initializer.uniform(1 / Math.sqrt((double) inner));
    Tensor backWeight = back.tensor("weight", fromInner, width, inner, 1);
    this.outBias = back.tensor("bias", fromInner, width);
    try (Scope scope = Scope.open()) {
      this.in = Linear.of(gateWeight.squeeze(2), gateBias);
      for (int k = 0; k < KERNEL; k++) {
        taps[k] = Scope.detach(depthWeight.select(2, k).squeeze(1).contiguous());
      }
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
        Tensor y = torch.addcmul(depthBias, gated.narrow(0, at, length), taps[0]); // [t, I]
        for (int k = 1; k < KERNEL; k++) {
          y.addcmul_(gated.narrow(0, at + k, length), taps[k]);
        }
        Tensor residual = x.narrow(0, at, length);
        residual.add_(outBias).addmm_(torch.silu_(y), out);
      }
    }
  }
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** One operator of libtorch after another: for every device and type. */
final class PlainStepConvolution implements StepConvolution {
  private final Tensor weight; // [C', C, 1, K]
  private final TensorOptional bias;
  private final long[] dilation;
  private final Scalar slope;

  PlainStepConvolution(Tensor weight, TensorOptional bias, long dilation, double slope) {
    try (Scope scope = Scope.open()) {
      this.weight = Scope.detach(weight.unsqueeze(2).contiguous(MemoryFormat.ChannelsLast));
    }
    // An optional of its own, that belongs to no scope.
    this.bias = bias.has_value() ? Linear.optional(bias.get()) : Linear.none();
    this.dilation = new long[] {1, dilation};
    this.slope = Scope.release(new Scalar(slope));
  }

  @Override
  public Tensor forward(Tensor x) {
    // Which layout the result has is up to the kernel.
    return torch
        .conv2d(x, weight, bias, new long[] {1, 1}, new long[] {0, 0}, dilation, 1)
        .contiguous(MemoryFormat.ChannelsLast);
  }

  @Override
  public Tensor rectified(Tensor x) {
    return torch.leaky_relu_(forward(x), slope);
  }

  @Override
  public void addTo(Tensor sum, Tensor x) {
    sum.add_(forward(x));
  }
}

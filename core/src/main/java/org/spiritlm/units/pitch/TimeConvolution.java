package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/**
 * A convolution over [T, C], as one matrix product a tap: no layout is changed and, unlike in
 * convolution libraries, nothing is compiled for each new length.
 */
final class TimeConvolution {
  private final Shape shape;
  private final Tensor[] taps; // each [in, out]
  private final Tensor bias; // [out]

  /** Sizes; zeros are added at both ends. */
  record Shape(int in, int out, int kernel, int stride, int padding, int dilation) {
    /** Kernel 3, as many frames out as in. */
    static Shape same(int in, int out, int dilation) {
      return new Shape(in, out, 3, 1, dilation, dilation);
    }

    /** Frames out of this many in, 0 where they are too few. */
    long frames(long in) {
      return Math.max(0, Math.floorDiv(in + 2L * padding - reach() - 1, stride) + 1);
    }

    private long reach() {
      return (long) dilation * (kernel - 1);
    }
  }

  /** Takes {@code weight} [out, in, kernel] and {@code bias} [out]. */
  TimeConvolution(Weights weights, Shape shape) {
    this.shape = shape;
    this.taps = new Tensor[shape.kernel()];
    Initializer initializer =
        Initializer.uniform(1 / Math.sqrt((double) shape.in() * shape.kernel()));
    Tensor weight = weights.tensor("weight", initializer, shape.out(), shape.in(), shape.kernel());
    this.bias = weights.tensor("bias", initializer, shape.out());
    try (Scope scope = Scope.open()) {
      for (int k = 0; k < taps.length; k++) {
        taps[k] = Scope.detach(weight.select(2, k).t().contiguous());
      }
    }
  }

  Shape shape() {
    return shape;
  }

  /** From [T, in] to [{@link Shape#frames}(T), out], which must not be 0. */
  Tensor forward(Tensor x) {
    int padding = shape.padding();
    Tensor padded =
        padding == 0 ? x : torch.constant_pad_nd(x, new long[] {0, 0, padding, padding});
    long frames = shape.frames(x.size(0));
    Tensor y = torch.addmm(bias, tap(padded, 0, frames), taps[0]);
    for (int k = 1; k < taps.length; k++) {
      y.addmm_(tap(padded, k, frames), taps[k]);
    }
    return y;
  }

  /** The frames that one tap sees. */
  private Tensor tap(Tensor padded, int k, long frames) {
    long from = (long) k * shape.dilation();
    long to = from + (frames - 1) * shape.stride() + 1;
    return padded.slice(0, new LongOptional(from), new LongOptional(to), shape.stride());
  }
}

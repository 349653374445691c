package org.spiritlm.vocoder;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * A convolution over time, plain or transposed, that gives the same for an utterance as for its
 * pieces one after another: of each piece, every step of output that no later input can change.
 *
 * <p>Computed in two dimensions, one of them 1, with the channels innermost: for this libtorch's
 * kernels need not reorder their input.
 */
final class PieceConvolution {
  private static final int TIME = GeneratorState.TIME;

  private final int slot;
  private final int rate;
  private final Tensor weight;
  private final TensorOptional bias;
  private final int in;
  private final int kernel;
  private final int padding;
  private final int dilation;
  private final int stride; // 0: not transposed

  /**
   * Takes the tensors of a {@link Convolution}, with weight norm unless the file has it folded.
   *
   * @param slot where its input is held between pieces
   * @param rate steps of its input that are one frame
   * @param divisor what its input is divided by: for an average of which only the sum is computed
   */
  PieceConvolution(Weights weights, Convolution.Shape shape, int slot, int rate, int divisor) {
    this.slot = slot;
    this.rate = rate;
    Convolution folded =
        new Convolution(weights, weights.has("weight") ? shape : shape.weightNorm(0));
    this.bias = folded.bias();
    try (Scope scope = Scope.open()) {
      this.weight =
          Scope.detach(
              folded
                  .weight()
                  .div(Tensors.scalar(divisor))
                  .unsqueeze(2)
                  .contiguous(MemoryFormat.ChannelsLast));
    }
    this.in = (int) shape.in();
    this.kernel = (int) shape.kernel();
    this.padding = (int) shape.padding();
    this.dilation = (int) shape.dilation();
    this.stride = shape.transposed() ? (int) shape.stride() : 0;
  }

  /** A convolution that keeps the length. */
  static Convolution.Shape same(int in, int out, int kernel, int dilation) {
    return Convolution.Shape.of(in, out, kernel)
        .dilation(dilation)
        .padding((long) (kernel - 1) * dilation / 2);
  }

  /** Steps by which output lags behind input, counted in steps of the output. */
  int lag() {
    return padding;
  }

  /**
   * A piece's input, [1, C, 1, T], to the output that it makes final.
   *
   * @param rectifier what the input passes before, or null
   */
  Tensor forward(Tensor x, @Nullable Scalar rectifier, GeneratorState state) {
    return stride == 0 ? plain(x, rectifier, state) : transposed(x, rectifier, state);
  }

  private Tensor plain(Tensor x, @Nullable Scalar rectifier, GeneratorState state) {
    if (state.first() && state.last()) {
      return convolve(input(x, rectifier, 0, 0, state), padding);
    }
    Tensor all = input(x, rectifier, padding, state.last() ? padding : 0, state);
    state.hold(slot, all, all.size(TIME) - 2L * padding);
    return convolve(all, 0);
  }

  private Tensor convolve(Tensor x, int pad) {
    return torch.conv2d(
        x, weight, bias, new long[] {1, 1}, new long[] {0, pad}, new long[] {1, dilation}, 1);
  }

  private Tensor transposed(Tensor x, @Nullable Scalar rectifier, GeneratorState state) {
    Tensor all = input(x, rectifier, 0, 0, state);
    long length = all.size(TIME);
    long before = length - x.size(TIME);
    Tensor y =
        torch.conv_transpose2d(
            all,
            weight,
            bias,
            new long[] {1, stride},
            new long[] {0, 0},
            new long[] {0, 0},
            1,
            1,
            1);
    // Step s of the input goes into the steps s * stride to s * stride + kernel - 1 of the output.
    long from = state.first() ? padding : before * stride;
    long to = state.last() ? (length - 1) * stride + kernel - padding : length * stride;
    state.hold(slot, all, Math.max(0, length - (kernel - 1) / stride));
    return y.narrow(TIME, from, to - from);
  }

  /**
   * The rectified input after what is held of it; silence lies before the first step, after the
   * last, and where a piece reaches beyond the utterance's end.
   */
  private Tensor input(
      Tensor x,
      @Nullable Scalar rectifier,
      long silenceBefore,
      long silenceAfter,
      GeneratorState state) {
    Tensor held = state.held(slot);
    long before = held == null ? silenceBefore : held.size(TIME);
    long length = x.size(TIME);
    Tensor rows =
        torch.empty(new long[] {before + length + silenceAfter, in}, weight.options(), null);
    Tensor all = steps(rows);
    if (held != null) {
      all.narrow(TIME, 0, before).copy_(held);
    } else if (before > 0) {
      all.narrow(TIME, 0, before).zero_();
    }
    Tensor now = all.narrow(TIME, before, length);
    if (rectifier == null) {
      now.copy_(x);
    } else {
      torch.leaky_relu_out(now, x, rectifier);
    }
    long silence = silenceAfter + state.framesBeyond() * rate;
    if (silence > 0) {
      all.narrow(TIME, before + length + silenceAfter - silence, silence).zero_();
    }
    return all;
  }

  /** Rows [T, C] as steps [1, C, 1, T]. */
  static Tensor steps(Tensor rows) {
    return rows.t().unsqueeze(0).unsqueeze(2);
  }
}

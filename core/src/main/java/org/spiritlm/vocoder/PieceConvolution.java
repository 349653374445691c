package org.spiritlm.vocoder;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
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
  private final int slot;
  private final int rate;
  private final Tensor weight;
  private final TensorOptional bias;
  private final int in;
  private final int kernel;
  private final int padding;
  private final int dilation;
  private final int stride; // 0: not transposed
  private final Device device;

  /**
   * Takes the tensors of a {@link Convolution}, with weight norm unless the file has it folded.
   *
   * @param slot where its input is held between pieces
   * @param rate steps of its input that are one frame
   */
  PieceConvolution(Weights weights, Convolution.Shape shape, int slot, int rate) {
    this.slot = slot;
    this.rate = rate;
    Convolution folded =
        new Convolution(weights, weights.has("weight") ? shape : shape.weightNorm(0));
    this.bias = folded.bias();
    try (Scope scope = Scope.open()) {
      this.weight =
          Scope.detach(folded.weight().unsqueeze(2).contiguous(MemoryFormat.ChannelsLast));
    }
    this.in = (int) shape.in();
    this.kernel = (int) shape.kernel();
    this.padding = (int) shape.padding();
    this.dilation = (int) shape.dilation();
    this.stride = shape.transposed() ? (int) shape.stride() : 0;
    this.device = weights.device();
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

  /** A piece's input, which may be written to, [1, C, 1, T], to the output that it makes final. */
  Tensor forward(Tensor x, GeneratorState state) {
    state.cut(x, rate);
    return stride == 0 ? plain(x, state) : transposed(x, state);
  }

  private Tensor plain(Tensor x, GeneratorState state) {
    if (state.first() && state.last()) {
      return convolve(x, padding);
    }
    Tensor all =
        state.first()
            ? Tensors.cat(List.of(silence(), x), GeneratorState.TIME)
            : state.join(slot, x);
    if (state.last()) {
      all = Tensors.cat(List.of(all, silence()), GeneratorState.TIME);
    }
    state.hold(slot, all, all.size(GeneratorState.TIME) - 2L * padding);
    return convolve(all, 0);
  }

  private Tensor convolve(Tensor x, int pad) {
    return torch.conv2d(
        x, weight, bias, new long[] {1, 1}, new long[] {0, pad}, new long[] {1, dilation}, 1);
  }

  /** What lies before the first step and after the last. */
  private Tensor silence() {
    return steps(device.place(Tensors.zeros(DType.of(weight), padding, in)));
  }

  private Tensor transposed(Tensor x, GeneratorState state) {
    Tensor all = state.join(slot, x);
    long length = all.size(GeneratorState.TIME);
    long before = length - x.size(GeneratorState.TIME);
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
    return y.narrow(GeneratorState.TIME, from, to - from);
  }

  /** Rows [T, C] as steps [1, C, 1, T]. */
  static Tensor steps(Tensor rows) {
    return rows.t().unsqueeze(0).unsqueeze(2);
  }
}

package org.spiritlm.vocoder;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.StepConvolution;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * A convolution over time, plain or transposed, that gives the same for an utterance as for its
 * pieces one after another: of each piece, every step of output that no later input can change.
 *
 * <p>A transposed convolution of stride S is computed as a plain one that gives S steps at once,
 * beside each other as channels.
 */
final class PieceConvolution {
  private static final int TIME = GeneratorState.TIME;

  /** Nothing is rectified behind these convolutions. */
  private static final double NO_SLOPE = 1;

  private final StepConvolution convolution;
  private final int slot;
  private final int rate;
  private final int in;
  private final int out;
  private final int lag;
  private final int stride; // steps out for one in
  private final int silence; // steps before the first and after the last of the input
  private final int context; // steps of input before a step that its output depends on
  private final int firstStep; // of what is computed, the first that is output
  private final int excess; // what is computed after the last step of output

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
    this.in = (int) shape.in();
    this.out = (int) shape.out();
    this.lag = (int) shape.padding();
    this.stride = (int) shape.stride();
    int kernel = (int) shape.kernel();
    int taps = (kernel - 1) / stride + 1;
    this.context = (taps - 1) * (int) shape.dilation();
    this.silence = shape.transposed() ? context : lag;
    this.firstStep = shape.transposed() ? lag : 0;
    this.excess = shape.transposed() ? taps * stride - kernel + lag : 0;
    Convolution folded = folded(weights, shape);
    try (Scope scope = Scope.open()) {
      Tensor weight = folded.weight().div(Tensors.scalar(divisor));
      TensorOptional bias = folded.bias();
      if (shape.transposed()) {
        weight = asPlain(weight, taps, stride);
        bias = new TensorOptional(bias.get().repeat(stride));
      }
      long length = (long) rate * Vocoder.CPU_PIECE;
      this.convolution = StepConvolution.of(weight, bias, shape.dilation(), NO_SLOPE, length);
    }
  }

  /** Reads a convolution whose file may have weight norm in it or not. */
  static Convolution folded(Weights weights, Convolution.Shape shape) {
    return new Convolution(weights, weights.has("weight") ? shape : shape.weightNorm(0));
  }

  /**
   * The weight of a transposed convolution, [C, C', K], as that of a plain one, [S·C', C, taps].
   *
   * <p>Step s of the input goes into the steps s·S to s·S + K - 1 of the output. So step t·S + r of
   * the output is a sum over taps j of the input's step t - j times the weight at j·S + r.
   */
  private static Tensor asPlain(Tensor weight, int taps, int stride) {
    long in = weight.size(0);
    long out = weight.size(1);
    long missing = (long) taps * stride - weight.size(2);
    return torch
        .constant_pad_nd(weight, new long[] {0, missing})
        .view(in, out, taps, stride)
        .flip(2)
        .permute(3, 1, 0, 2)
        .reshape(stride * out, in, taps);
  }

  /** A convolution that keeps the length. */
  static Convolution.Shape same(int in, int out, int kernel, int dilation) {
    return Convolution.Shape.of(in, out, kernel)
        .dilation(dilation)
        .padding((long) (kernel - 1) * dilation / 2);
  }

  /** Steps by which output lags behind input, counted in steps of the output. */
  int lag() {
    return lag;
  }

  /**
   * A piece's input, [1, C, 1, T], to the output that it makes final.
   *
   * @param rectifier what the input passes before, or null
   */
  Tensor forward(Tensor x, @Nullable Scalar rectifier, GeneratorState state) {
    try (Scope scope = Scope.open()) {
      Tensor all = input(x, rectifier, state.last() ? silence : 0, state);
      state.hold(slot, all, all.size(TIME) - context);
      Tensor y = convolution.forward(all); // [1, S·C', 1, T]
      long steps = y.size(TIME) * stride;
      Tensor spread = steps(y.as_strided(new long[] {steps, out}, out, 1)); // [1, C', 1, T·S]
      long from = state.first() ? firstStep : 0;
      long to = steps - (state.last() ? excess : 0);
      return scope.keep(spread.narrow(TIME, from, to - from));
    }
  }

  /**
   * The rectified input after what is held of it; silence lies before the first step, after the
   * last, and where a piece reaches beyond the utterance's end.
   */
  private Tensor input(
      Tensor x, @Nullable Scalar rectifier, long silenceAfter, GeneratorState state) {
    Tensor held = state.held(slot);
    long before = held == null ? silence : held.size(TIME);
    long length = x.size(TIME);
    Tensor all = steps(x.new_empty(before + length + silenceAfter, in));
    if (held != null) {
      all.narrow(TIME, 0, before).copy_(held);
    } else {
      all.narrow(TIME, 0, before).zero_();
    }
    Tensor now = all.narrow(TIME, before, length);
    if (rectifier == null) {
      now.copy_(x);
    } else {
      torch.leaky_relu_out(now, x, rectifier);
    }
    state.silence(all, silenceAfter, rate);
    return all;
  }

  /** Rows [T, C] as steps [1, C, 1, T]. */
  static Tensor steps(Tensor rows) {
    return rows.t().unsqueeze(0).unsqueeze(2);
  }
}

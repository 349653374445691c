package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.StepConvolution;
import org.spiritlm.torch.Weights;

/**
 * Residual layers one after another, each of two convolutions whose result is added to its input.
 *
 * <p>All layers work in one buffer, where each adds its result to what is there. Between the two
 * convolutions nothing is held from piece to piece: the few steps of the first one's output that
 * the second still needs are computed again, so that it reads them where they come out.
 */
final class ResidualBlock {
  private static final int TIME = GeneratorState.TIME;

  private final List<Layer> layers = new ArrayList<>();
  private final int width;
  private final int rate;
  private final int slot;

  /**
   * One layer.
   *
   * @param reach steps before and after one that the dilated convolution takes
   * @param plainReach the same for the plain convolution
   * @param slot where the layer's input is held between pieces
   */
  private record Layer(
      StepConvolution dilated, int reach, StepConvolution plain, int plainReach, int slot) {
    int lag() {
      return reach + plainReach;
    }

    /** Steps of input that must lie before a piece. */
    int before(GeneratorState state) {
      return state.first() ? lag() : 2 * lag();
    }
  }

  /**
   * Takes {@code convs1} and {@code convs2}.
   *
   * @param kernel of all convolutions
   * @param rate steps that are one frame
   * @param firstSlot the first of {@link #slots} slots of the state
   */
  ResidualBlock(
      Weights weights, int width, int kernel, List<Integer> dilations, int rate, int firstSlot) {
    this.width = width;
    this.rate = rate;
    this.slot = firstSlot;
    for (int i = 0; i < dilations.size(); i++) {
      int dilation = dilations.get(i);
      layers.add(
          new Layer(
              convolution(weights.at("convs1", i), width, kernel, dilation, rate),
              (kernel - 1) * dilation / 2,
              convolution(weights.at("convs2", i), width, kernel, 1, rate),
              (kernel - 1) / 2,
              firstSlot + 1 + i));
    }
  }

  private static StepConvolution convolution(
      Weights weights, int width, int kernel, int dilation, int rate) {
    Convolution folded =
        PieceConvolution.folded(weights, PieceConvolution.same(width, width, kernel, dilation));
    return StepConvolution.of(
        folded.weight(),
        folded.bias(),
        dilation,
        Generator.SLOPE.toDouble(),
        (long) rate * Vocoder.CPU_PIECE);
  }

  /** Where the block's output waits for that of a block that lags more. */
  int slot() {
    return slot;
  }

  /** Slots of the state that the block has. */
  int slots() {
    return 1 + layers.size();
  }

  /** Steps by which output lags behind input. */
  int lag() {
    return layers.stream().mapToInt(Layer::lag).sum();
  }

  /** A piece's input, [1, C, 1, T], to the output that it makes final. */
  Tensor forward(Tensor x, GeneratorState state) {
    try (Scope scope = Scope.open()) {
      long before = 0;
      long after = 0;
      int passed = 0;
      for (Layer layer : layers) {
        before = Math.max(before, passed + layer.before(state));
        after = Math.max(after, state.last() ? layer.lag() : 0);
        passed += state.first() ? 0 : layer.lag();
      }
      long from = before;
      long to = before + x.size(TIME);
      Tensor buffer = PieceConvolution.steps(x.new_empty(to + after, width));
      buffer.narrow(TIME, from, to - from).copy_(x);
      for (Layer layer : layers) {
        forward(layer, buffer, from, to, state);
        from -= state.first() ? 0 : layer.lag();
        to -= state.last() ? 0 : layer.lag();
      }
      return scope.keep(buffer.narrow(TIME, from, to - from));
    }
  }

  /** Turns a layer's input, the steps of a range, into its output, which lags behind. */
  private void forward(Layer layer, Tensor buffer, long from, long to, GeneratorState state) {
    try (Scope scope = Scope.open()) {
      int lag = layer.lag();
      long start = from - layer.before(state);
      long end = to + (state.last() ? lag : 0);
      Tensor past = buffer.narrow(TIME, start, from - start);
      Tensor held = state.held(layer.slot());
      if (held != null) {
        past.copy_(held);
      } else {
        past.zero_();
      }
      state.hold(layer.slot(), buffer.narrow(TIME, 0, to), to - 2L * lag);
      Tensor x = buffer.narrow(TIME, start, end - start);
      Tensor rectified = torch.leaky_relu(x, Generator.SLOPE);
      state.silence(rectified, lag, rate);
      Tensor h = layer.dilated().rectified(rectified);
      if (state.first()) {
        h.narrow(TIME, 0, layer.plainReach()).zero_();
      }
      state.silence(h, layer.plainReach(), rate);
      layer.plain().addTo(x.narrow(TIME, lag, end - start - 2L * lag), h);
    }
  }
}

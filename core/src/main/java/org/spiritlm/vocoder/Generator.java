package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/**
 * HiFi-GAN's generator (Kong et al., 2020): frames to samples, piece by piece; where it has a
 * source and a filter, its stages give what drives them.
 *
 * <p>Pieces give exactly what the whole would: each layer holds back what it needs of its input, so
 * that nothing is computed twice, and output comes as soon as no later frame can change it.
 */
final class Generator {
  /** Kernel of the first and the last convolution. */
  private static final int OUTER_KERNEL = 7;

  /** Slope of the rectifiers below zero. */
  static final Scalar SLOPE = Scope.release(new Scalar(0.1));

  /** Slope of the last rectifier, before the last convolution. */
  private static final Scalar LAST_SLOPE = Scope.release(new Scalar(0.01));

  private final PieceConvolution in;
  private final List<Stage> stages = new ArrayList<>();
  private final PieceConvolution out;
  private final @Nullable SourceFilter source;
  private final int rate; // steps of a frame behind the last stage
  private final int lookAhead;
  private int slots;

  /** Takes {@code conv_pre}, {@code ups}, {@code resblocks} and {@code conv_post}. */
  Generator(Weights weights, VocoderConfig config) {
    VocoderConfig.GeneratorConfig sizes = config.generator();
    int width = sizes.channels();
    int rate = 1;
    Convolution.Shape shape = PieceConvolution.same(config.inputs(), width, OUTER_KERNEL, 1);
    this.in = new PieceConvolution(weights.at("conv_pre"), shape, slots++, rate, 1);
    long lag = in.lag();
    for (int number = 0; number < sizes.rates().size(); number++) {
      Stage stage = stage(weights, sizes, number, rate);
      stages.add(stage);
      lag = lag * sizes.rates().get(number) + stage.lag();
      rate *= sizes.rates().get(number);
      width /= 2;
    }
    this.rate = rate;
    shape = PieceConvolution.same(width, sizes.outputs(), OUTER_KERNEL, 1);
    this.out =
        new PieceConvolution(
            weights.at("conv_post"), shape, slots++, rate, sizes.residualKernels().size());
    SourceFilterConfig sourceFilter = sizes.sourceFilter();
    this.source = sourceFilter == null ? null : new SourceFilter(sourceFilter);
    lag += out.lag() + (source == null ? 0 : SourceFilter.LAG);
    this.lookAhead = (int) (lag / rate) + 1;
  }

  private Stage stage(Weights weights, VocoderConfig.GeneratorConfig sizes, int number, int rate) {
    int above = sizes.channels() >> number;
    int width = above / 2;
    int stride = sizes.rates().get(number);
    int kernel = sizes.kernels().get(number);
    Convolution.Shape up =
        Convolution.Shape.of(above, width, kernel)
            .stride(stride)
            .padding((kernel - stride) / 2)
            .asTransposed();
    int count = sizes.residualKernels().size();
    PieceConvolution raise =
        new PieceConvolution(weights.at("ups", number), up, slots++, rate, number == 0 ? 1 : count);
    List<ResidualBlock> blocks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ResidualBlock block =
          new ResidualBlock(
              weights.at("resblocks", number * count + i),
              width,
              sizes.residualKernels().get(i),
              sizes.residualDilations().get(i),
              rate * stride,
              slots);
      slots += block.slots();
      blocks.add(block);
    }
    ResidualBlock slowest = Collections.max(blocks, Comparator.comparingInt(ResidualBlock::lag));
    blocks.remove(slowest);
    return new Stage(raise, slowest, blocks);
  }

  /** Raises the rate, then sums residual blocks; the next layer divides by their number. */
  private record Stage(PieceConvolution up, ResidualBlock slowest, List<ResidualBlock> others) {
    Tensor forward(Tensor x, GeneratorState state) {
      try (Scope scope = Scope.open()) {
        Tensor raised = up.forward(x, SLOPE, state); // [1, C / 2, 1, T]
        Tensor sum = slowest.forward(raised, state);
        for (ResidualBlock block : others) {
          try (Scope step = Scope.open()) {
            state.addDelayed(sum, block.slot(), block.forward(raised, state));
          }
        }
        return scope.keep(sum);
      }
    }

    int lag() {
      return up.lag() + slowest.lag();
    }
  }

  /**
   * Frames that the first sample depends on; the first of several pieces must have as many. Later
   * samples depend on no more frames after their own.
   */
  int lookAhead() {
    return lookAhead;
  }

  /** The start of an utterance. */
  GeneratorState start() {
    return new GeneratorState(slots, source == null ? null : source.start());
  }

  /**
   * The next piece of an utterance, [F, C], to the samples that are final with it, [N], between -1
   * and 1.
   */
  Tensor forward(Tensor frames, GeneratorState state) {
    try (Scope scope = Scope.open()) {
      Tensor x = in.forward(PieceConvolution.steps(frames), null, state); // [1, C, 1, T]
      for (Stage stage : stages) {
        x = stage.forward(x, state);
      }
      x = out.forward(x, LAST_SLOPE, state); // [1, 1, 1, N], or [1, C, 1, T] for a filter
      state.advance();
      SourceFilter.Held held = state.source();
      return scope.keep(
          source == null || held == null
              ? torch.tanh_(x).flatten()
              : source.forward(x, state.excess() * rate, state.last(), held));
    }
  }
}

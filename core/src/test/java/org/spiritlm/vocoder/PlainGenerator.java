package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/**
 * HiFi-GAN as it is written in the paper, over whole utterances: the oracle of {@link Generator}.
 */
final class PlainGenerator {
  /** Kernel of the first and the last convolution. */
  static final int OUTER_KERNEL = 7;

  /** Slope of the leaky rectifiers below zero. */
  static final double SLOPE = 0.1;

  /** That of the last one, before the last convolution. */
  static final double LAST_SLOPE = 0.01;

  private static final Scalar LEAK = Scope.release(new Scalar(SLOPE));
  private static final Scalar LAST_LEAK = Scope.release(new Scalar(LAST_SLOPE));

  private final Convolution in;
  private final List<Stage> stages = new ArrayList<>();
  private final Convolution out;

  /** Raises the rate, then averages residual blocks. */
  private record Stage(Convolution up, List<List<Residual>> blocks) {
    Tensor forward(Tensor x) {
      Tensor raised = up.forward(torch.leaky_relu(x, LEAK));
      Tensor sum = null;
      for (List<Residual> block : blocks) {
        Tensor h = raised;
        for (Residual residual : block) {
          h = residual.forward(h);
        }
        sum = sum == null ? h : sum.add_(h);
      }
      return java.util.Objects.requireNonNull(sum).div_(new Scalar((double) blocks.size()));
    }
  }

  private record Residual(Convolution dilated, Convolution plain) {
    Tensor forward(Tensor x) {
      Tensor h = dilated.forward(torch.leaky_relu(x, LEAK));
      return plain.forward(torch.leaky_relu_(h, LEAK)).add_(x);
    }
  }

  /** Takes {@code conv_pre}, {@code ups}, {@code resblocks} and {@code conv_post}. */
  PlainGenerator(Weights weights, VocoderConfig config) {
    VocoderConfig.GeneratorConfig sizes = config.generator();
    this.in =
        convolution(
            weights.at("conv_pre"), same(config.inputs(), sizes.channels(), OUTER_KERNEL, 1));
    int blocks = sizes.residualKernels().size();
    for (int stage = 0; stage < sizes.rates().size(); stage++) {
      int rate = sizes.rates().get(stage);
      int kernel = sizes.kernels().get(stage);
      int width = sizes.channels() >> (stage + 1);
      Convolution.Shape up =
          Convolution.Shape.of(sizes.channels() >> stage, width, kernel)
              .stride(rate)
              .padding((kernel - rate) / 2)
              .asTransposed();
      List<List<Residual>> residuals = new ArrayList<>();
      for (int block = 0; block < blocks; block++) {
        residuals.add(
            block(
                weights.at("resblocks", stage * blocks + block),
                width,
                sizes.residualKernels().get(block),
                sizes.residualDilations().get(block)));
      }
      stages.add(new Stage(convolution(weights.at("ups", stage), up), residuals));
    }
    this.out =
        convolution(
            weights.at("conv_post"),
            same(sizes.channels() >> sizes.rates().size(), 1, OUTER_KERNEL, 1));
  }

  private static List<Residual> block(
      Weights weights, int width, int kernel, List<Integer> dilations) {
    List<Residual> block = new ArrayList<>();
    for (int i = 0; i < dilations.size(); i++) {
      block.add(
          new Residual(
              convolution(weights.at("convs1", i), same(width, width, kernel, dilations.get(i))),
              convolution(weights.at("convs2", i), same(width, width, kernel, 1))));
    }
    return block;
  }

  private static Convolution.Shape same(int in, int out, int kernel, int dilation) {
    return Convolution.Shape.of(in, out, kernel)
        .dilation(dilation)
        .padding((long) (kernel - 1) * dilation / 2);
  }

  /** Weight norm is folded; a file may also hold weights that were folded before. */
  private static Convolution convolution(Weights weights, Convolution.Shape shape) {
    return new Convolution(weights, weights.has("weight") ? shape : shape.weightNorm(0));
  }

  /** Frames [B, C, F] to samples [B, N], between -1 and 1. */
  Tensor forward(Tensor frames) {
    try (Scope scope = Scope.open()) {
      Tensor x = in.forward(frames); // [B, C, F]
      for (Stage stage : stages) {
        x = stage.forward(x);
      }
      return scope.keep(torch.tanh_(out.forward(torch.leaky_relu_(x, LAST_LEAK))).squeeze(1));
    }
  }
}

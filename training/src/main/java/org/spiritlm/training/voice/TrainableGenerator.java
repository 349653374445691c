package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.voice.TrainableConvolution.Shape;
import org.spiritlm.vocoder.VocoderConfig;

/** HiFi-GAN's generator (Kong et al., 2020) over batches of whole stretches, with gradients. */
final class TrainableGenerator {
  /** Kernel of the first and the last convolution. */
  private static final int OUTER_KERNEL = 7;

  /** Slope of the rectifiers below zero. */
  private static final Scalar SLOPE = Scope.release(new Scalar(0.1));

  /** Slope of the last rectifier, before the last convolution. */
  private static final Scalar LAST_SLOPE = Scope.release(new Scalar(0.01));

  private final TrainableConvolution in;
  private final List<Stage> stages = new ArrayList<>();
  private final TrainableConvolution out;

  /** Raises the rate, then averages residual blocks. */
  private record Stage(TrainableConvolution up, List<List<Residual>> blocks) {
    Tensor forward(Tensor x) {
      Tensor raised = up.forward(torch.leaky_relu(x, SLOPE)); // [B, C / 2, T · rate]
      List<Tensor> refined = new ArrayList<>();
      for (List<Residual> block : blocks) {
        Tensor h = raised;
        for (Residual residual : block) {
          h = residual.forward(h);
        }
        refined.add(h);
      }
      Tensor sum = refined.get(0);
      for (Tensor more : refined.subList(1, refined.size())) {
        sum = sum.add(more);
      }
      return sum.div(Tensors.scalar(refined.size()));
    }
  }

  private record Residual(TrainableConvolution dilated, TrainableConvolution plain) {
    Tensor forward(Tensor x) {
      Tensor h = dilated.forward(torch.leaky_relu(x, SLOPE));
      return plain.forward(torch.leaky_relu(h, SLOPE)).add(x);
    }
  }

  /** Takes {@code conv_pre}, {@code ups}, {@code resblocks} and {@code conv_post}. */
  TrainableGenerator(Weights weights, VocoderConfig config) {
    VocoderConfig.GeneratorConfig sizes = config.generator();
    int blocks = sizes.residualKernels().size();
    this.in =
        TrainableConvolution.weightNorm(
            weights.at("conv_pre"), Shape.same(config.inputs(), sizes.channels(), OUTER_KERNEL, 1));
    for (int stage = 0; stage < sizes.rates().size(); stage++) {
      int width = sizes.channels() >> (stage + 1);
      Shape up =
          Shape.raising(
              sizes.channels() >> stage,
              width,
              sizes.kernels().get(stage),
              sizes.rates().get(stage));
      List<List<Residual>> residuals = new ArrayList<>();
      for (int block = 0; block < blocks; block++) {
        residuals.add(
            block(
                weights.at("resblocks", stage * blocks + block),
                width,
                sizes.residualKernels().get(block),
                sizes.residualDilations().get(block)));
      }
      stages.add(
          new Stage(TrainableConvolution.weightNorm(weights.at("ups", stage), up), residuals));
    }
    int last = sizes.channels() >> sizes.rates().size();
    this.out =
        TrainableConvolution.weightNorm(
            weights.at("conv_post"), Shape.same(last, sizes.outputs(), OUTER_KERNEL, 1));
  }

  private static List<Residual> block(
      Weights weights, int width, int kernel, List<Integer> dilations) {
    List<Residual> block = new ArrayList<>();
    for (int i = 0; i < dilations.size(); i++) {
      Shape dilated = Shape.same(width, width, kernel, dilations.get(i));
      Shape plain = Shape.same(width, width, kernel, 1);
      block.add(
          new Residual(
              TrainableConvolution.weightNorm(weights.at("convs1", i), dilated),
              TrainableConvolution.weightNorm(weights.at("convs2", i), plain)));
    }
    return block;
  }

  /**
   * Embedded frames, [B, C, F], to what the last convolution gives: [B, 1, N], or what drives a
   * filter.
   */
  Tensor forward(Tensor frames) {
    Tensor x = in.forward(Products.rounded(frames));
    for (Stage stage : stages) {
      x = stage.forward(x);
    }
    return out.forward(torch.leaky_relu(x, LAST_SLOPE)).to(frames.scalar_type());
  }
}

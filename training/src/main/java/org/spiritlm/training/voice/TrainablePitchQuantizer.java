package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.voice.TrainableConvolution.Shape;
import org.spiritlm.units.pitch.PitchQuantizerConfig;

/**
 * Encoder and decoder of the pitch VQ-VAE over batches, with gradients; the names are those of the
 * released checkpoint, and the encoder's values those of {@link
 * org.spiritlm.units.pitch.PitchQuantizer}.
 */
final class TrainablePitchQuantizer {
  private static final int KERNEL = 3;

  private final PitchQuantizerConfig config;
  private final List<Stage> down = new ArrayList<>();
  private final TrainableConvolution toCode;
  private final TrainableConvolution fromCode;
  private final List<Stage> up = new ArrayList<>();
  private final TrainableConvolution out;

  /** Changes the rate before or after refining. */
  private record Stage(TrainableConvolution rate, List<Block> blocks) {
    Tensor refine(Tensor x) {
      Tensor y = x;
      for (Block block : blocks) {
        y = y.add(block.forward(y));
      }
      return y;
    }
  }

  private record Block(TrainableConvolution dilated, TrainableConvolution mix) {
    Tensor forward(Tensor x) {
      return mix.forward(torch.relu(dilated.forward(torch.relu(x))));
    }
  }

  /** Takes {@code encoder} and {@code decoder}. */
  TrainablePitchQuantizer(Weights weights, PitchQuantizerConfig config) {
    this.config = config;
    int width = config.width();
    int stride = config.stride();
    int downs = config.downs();
    Weights encoder = weights.at("encoder", "level_blocks", 0, "model");
    for (int i = 0; i < downs; i++) {
      int in = i == 0 ? config.features().size() : width;
      Shape shape = Shape.strided(in, width, 2 * stride, stride, stride / 2);
      down.add(
          new Stage(TrainableConvolution.plain(encoder.at(i, 0), shape), blocks(encoder.at(i, 1))));
    }
    this.toCode =
        TrainableConvolution.plain(
            encoder.at(downs), Shape.same(width, config.embedding(), KERNEL, 1));
    Weights decoder = weights.at("decoder", "level_blocks", 0, "model");
    this.fromCode =
        TrainableConvolution.plain(decoder.at(0), Shape.same(config.embedding(), width, KERNEL, 1));
    for (int i = 0; i < downs; i++) {
      int above = i == downs - 1 ? config.embedding() : width;
      Shape shape = Shape.raising(width, above, 2 * stride, stride);
      up.add(
          new Stage(
              TrainableConvolution.plain(decoder.at(i + 1, 1), shape),
              blocks(decoder.at(i + 1, 0))));
    }
    this.out =
        TrainableConvolution.plain(
            weights.at("decoder", "out"),
            Shape.same(config.embedding(), config.features().size(), KERNEL, 1));
  }

  private List<Block> blocks(Weights weights) {
    List<Block> blocks = new ArrayList<>();
    for (int depth = 0; depth < config.depth(); depth++) {
      Weights block = weights.at("model", depth, "model");
      int dilation = (int) Math.pow(config.growth(), depth);
      blocks.add(
          new Block(
              TrainableConvolution.plain(
                  block.at(1), Shape.same(config.width(), config.inner(), KERNEL, dilation)),
              TrainableConvolution.plain(
                  block.at(3), Shape.same(config.inner(), config.width(), 1, 1))));
    }
    return blocks;
  }

  /** Features, [B, C, T], to latent vectors, [B, E, T / 16] as released. */
  Tensor encode(Tensor features) {
    Tensor x = features;
    for (Stage stage : down) {
      x = stage.refine(stage.rate().forward(x));
    }
    return toCode.forward(x);
  }

  /** Vectors of codes, [B, E, T / 16] as released, to features, [B, C, T]. */
  Tensor decode(Tensor vectors) {
    Tensor x = fromCode.forward(vectors);
    for (Stage stage : up) {
      x = stage.rate().forward(stage.refine(x));
    }
    return out.forward(x);
  }
}

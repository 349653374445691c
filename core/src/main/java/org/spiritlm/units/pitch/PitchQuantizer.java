package org.spiritlm.units.pitch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * The encoder and codebook of the pitch VQ-VAE (Polyak et al., "Speech Resynthesis from Discrete
 * Disentangled Self-Supervised Representations", 2021). Tensor names are those of the released
 * checkpoint.
 */
public final class PitchQuantizer {
  private final PitchQuantizerConfig config;
  private final Device device;
  private final List<Stage> stages = new ArrayList<>();
  private final TimeConvolution out;
  private final float[] codebook; // [K, E]

  /** Halves time (for a stride of 2), then refines. */
  private record Stage(TimeConvolution down, List<Block> blocks) {
    Tensor forward(Tensor x) {
      Tensor y = down.forward(x);
      for (Block block : blocks) {
        y = y.add_(block.forward(y));
      }
      return y;
    }
  }

  /** The inside of a residual block. */
  private record Block(TimeConvolution dilated, TimeConvolution mix) {
    Tensor forward(Tensor x) {
      return mix.forward(torch.relu_(dilated.forward(torch.relu(x))));
    }
  }

  /**
   * Takes the encoder and the codebook; the decoder may stay in the file.
   *
   * @throws org.spiritlm.torch.CheckpointException if a tensor is missing, has another shape, or is
   *     not of this network
   */
  public PitchQuantizer(Weights weights, PitchQuantizerConfig config) {
    this.config = config;
    this.device = weights.device();
    int width = config.width();
    int stride = config.stride();
    Weights encoder = weights.at("encoder", "level_blocks", 0, "model");
    for (int i = 0; i < config.downs(); i++) {
      int in = i == 0 ? config.features().size() : width;
      var down = new TimeConvolution.Shape(in, width, 2 * stride, stride, stride / 2, 1);
      List<Block> blocks = new ArrayList<>();
      for (int depth = 0; depth < config.depth(); depth++) {
        blocks.add(block(encoder.at(i, 1, "model", depth, "model"), depth));
      }
      stages.add(new Stage(new TimeConvolution(encoder.at(i, 0), down), blocks));
    }
    this.out =
        new TimeConvolution(
            encoder.at(config.downs()), TimeConvolution.Shape.same(width, config.embedding(), 1));
    this.codebook =
        Tensors.floats(
            weights
                .at("vq", "level_blocks", 0)
                .tensor("k", Initializer.normal(1), config.codes(), config.embedding()));
    weights.finish(PitchQuantizer::superfluous);
  }

  private Block block(Weights weights, int depth) {
    int dilation = (int) Math.pow(config.growth(), depth);
    var wide = TimeConvolution.Shape.same(config.width(), config.inner(), dilation);
    var back = new TimeConvolution.Shape(config.inner(), config.width(), 1, 1, 0, 1);
    return new Block(
        new TimeConvolution(weights.at(1), wide), new TimeConvolution(weights.at(3), back));
  }

  /**
   * Whether encoding does without a tensor: the decoder's and the codebook's training statistics.
   */
  private static boolean superfluous(String name) {
    return name.startsWith("decoder.")
        || (name.startsWith("vq.") && !name.equals("vq.level_blocks.0.k"));
  }

  /** The sizes. */
  public PitchQuantizerConfig config() {
    return config;
  }

  /**
   * Codes of a contour: one each {@code stride ^ downs} frames (16 as released), rounded down.
   *
   * <p>Differs from the reference: a contour that is too short for one code has none; it fails
   * there.
   */
  public int[] encode(PitchContour contour) {
    if (codes(contour.hertz().length) == 0) {
      return new int[0];
    }
    try (Scope scope = Scope.open()) {
      return nearest(Tensors.floats(latent(contour)));
    }
  }

  /** What {@link #encode} finds the nearest codes of: [T / 16, E] as released. */
  public Tensor latent(PitchContour contour) {
    try (Scope scope = Scope.open()) {
      float[] rows = PitchFeature.rows(config.features(), contour);
      return scope.keep(
          forward(Tensors.of(rows, contour.hertz().length, config.features().size())));
    }
  }

  /** Number of codes of this many frames. */
  long codes(long frames) {
    long left = frames;
    for (Stage stage : stages) {
      left = stage.down().shape().frames(left);
    }
    return left;
  }

  /** Latent vectors, [T / 16, E] as released, of features, [T, C]. */
  private Tensor forward(Tensor features) {
    try (Scope scope = Scope.open()) {
      Tensor x = device.place(features);
      for (Stage stage : stages) {
        x = stage.forward(x);
      }
      return scope.keep(out.forward(x));
    }
  }

  /** The code with the smallest squared distance to each vector; the first of equals. */
  private int[] nearest(float[] latents) {
    int width = config.embedding();
    int[] codes = new int[latents.length / width];
    for (int t = 0; t < codes.length; t++) {
      double least = Double.POSITIVE_INFINITY;
      for (int code = 0; code < config.codes(); code++) {
        double distance = 0;
        for (int i = 0; i < width; i++) {
          double difference = latents[t * width + i] - codebook[code * width + i];
          distance += difference * difference;
        }
        if (distance < least) {
          least = distance;
          codes[t] = code;
        }
      }
    }
    return codes;
  }
}

package org.spiritlm.units.hubert;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Three linear layers that were trained with CTC to give units that noise and speaker do not change
 * (Gat et al. 2023; SPIRIT LM, section 3.1).
 *
 * <p>The classes are the units and, last, CTC's blank, which is replaced by the unit to its left;
 * blanks at the beginning take the last unit of all. Where every frame is blank they stay, and the
 * ids are {@link #units()}, one above the units.
 */
public final class LinearQuantizer implements Quantizer {
  private static final double NEGATIVE_SLOPE = 0.01;

  private final Config config;
  private final Device device;
  private final Linear first;
  private final Linear second;
  private final Linear third;

  /**
   * Sizes.
   *
   * @param width width D of the features
   * @param firstHidden outputs of the first layer
   * @param secondHidden outputs of the second layer
   * @param units number of units, without the blank
   */
  public record Config(int width, int firstHidden, int secondHidden, int units) {

    /**
     * The sizes in Meta's {@code model_cfg}: {@code dim}, {@code upstream_dim}, {@code vocab_size}.
     */
    public static Config read(ConfigFile model) {
      int width = model.positive("dim");
      int units = model.positive("vocab_size");
      int middle = model.positive("upstream_dim") - (units + 1);
      Config config =
          new Config(
              width, width - Math.floorDiv(middle, 4), width - Math.floorDiv(middle, 2), units);
      if (config.firstHidden < 1 || config.secondHidden < 1) {
        throw model.wrong("upstream_dim", "so near to 'vocab_size' that the layers have a width");
      }
      return config;
    }

    /** The sizes of the tensors in a file. */
    public static Config of(Weights weights) {
      return new Config(
          size(weights, 0, 1), size(weights, 0, 0), size(weights, 2, 0), size(weights, 4, 0) - 1);
    }

    private static int size(Weights weights, int layer, int dimension) {
      TensorInfo info = weights.info(layer + ".weight");
      if (info == null || info.shape().size() != 2) {
        throw new CheckpointException(
            weights.origin()
                + ": the quantizer's '"
                + layer
                + ".weight' must have shape [outputs, inputs], found "
                + (info == null ? "none" : info.shape()));
      }
      return Math.toIntExact(info.shape().get(dimension));
    }
  }

  /** Takes {@code 0}, {@code 2} and {@code 4}, the layers; 1 and 3 are activations. */
  public LinearQuantizer(Weights weights, Config config) {
    this.config = config;
    this.device = weights.device();
    this.first = new Linear(weights.at(0), config.width(), config.firstHidden());
    this.second = new Linear(weights.at(2), config.firstHidden(), config.secondHidden());
    this.third = new Linear(weights.at(4), config.secondHidden(), config.units() + 1L);
    weights.finish();
  }

  @Override
  public int width() {
    return config.width();
  }

  @Override
  public int units() {
    return config.units();
  }

  /** Scores of the units and of the blank, which is last: [T, D] to [T, V + 1]. */
  public Tensor logits(Tensor features) {
    try (Scope scope = Scope.open()) {
      Tensor hidden = activation(first.forward(features));
      return scope.keep(third.forward(activation(second.forward(hidden))));
    }
  }

  @Override
  public int[] units(Tensor features) {
    try (Scope scope = Scope.open()) {
      int[] classes =
          Tensors.ints(torch.argmax(logits(device.place(features)), new LongOptional(1), false));
      return withoutBlanks(classes, config.units());
    }
  }

  /**
   * The classes with each blank replaced by the unit to its left, the first one's being the last.
   */
  static int[] withoutBlanks(int[] classes, int blank) {
    int left = blank;
    for (int id : classes) {
      left = id == blank ? left : id;
    }
    int[] units = new int[classes.length];
    for (int i = 0; i < classes.length; i++) {
      left = classes[i] == blank ? left : classes[i];
      units[i] = left;
    }
    return units;
  }

  private static Tensor activation(Tensor x) {
    return torch.leaky_relu(x, Tensors.scalar(NEGATIVE_SLOPE));
  }
}

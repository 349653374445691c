package org.spiritlm.units.hubert;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** The nearest of a number of centres (squared distance), as in GSLM and TWIST. */
public final class KMeansQuantizer implements Quantizer {
  static final String CENTERS = "cluster_centers";

  private final Config config;
  private final Device device;
  private final Tensor centers; // [D, V]
  private final Tensor halfSquares; // [V]

  /**
   * Sizes.
   *
   * @param units number of centres V
   * @param width width D of the features
   */
  public record Config(int units, int width) {

    /** The sizes of the tensor in a file. */
    public static Config of(Weights weights) {
      TensorInfo info = weights.info(CENTERS);
      if (info == null || info.shape().size() != 2) {
        throw new CheckpointException(
            weights.origin()
                + ": the quantizer's 'cluster_centers' must have shape [units, width], found "
                + (info == null ? "none" : info.shape()));
      }
      return new Config(Math.toIntExact(info.shape().get(0)), Math.toIntExact(info.shape().get(1)));
    }
  }

  /** Takes {@code cluster_centers} [V, D]. */
  public KMeansQuantizer(Weights weights, Config config) {
    this.config = config;
    this.device = weights.device();
    Tensor rows = weights.tensor(CENTERS, Initializer.normal(1), config.units(), config.width());
    weights.finish();
    try (Scope scope = Scope.open()) {
      this.centers = Scope.detach(rows.t());
      this.halfSquares = Scope.detach(rows.square().sum(1).mul(Tensors.scalar(0.5)));
    }
  }

  @Override
  public int width() {
    return config.width();
  }

  @Override
  public int units() {
    return config.units();
  }

  @Override
  public int[] units(Tensor features) {
    try (Scope scope = Scope.open()) {
      // |x - c|² is smallest where x·c - |c|²/2 is largest.
      Tensor nearness = device.place(features).mm(centers).sub(halfSquares); // [T, V]
      return Tensors.ints(torch.argmax(nearness, new LongOptional(1), false));
    }
  }
}

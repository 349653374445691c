package org.spiritlm.units.hubert;

import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Weights;

/** Turns features into units: one id a frame. */
public sealed interface Quantizer permits LinearQuantizer, KMeansQuantizer {

  /** Width D of the features. */
  int width();

  /** Number of units; ids are below it, but see {@link LinearQuantizer}. */
  int units();

  /** Ids of features [T, D], wherever they lie. */
  int[] units(Tensor features);

  /**
   * Takes the quantizer that the file holds: k-means where there are {@code cluster_centers}, else
   * linear. The sizes are those of the tensors.
   *
   * @throws CheckpointException if it holds neither
   */
  static Quantizer load(Weights weights) {
    if (!weights.has(KMeansQuantizer.CENTERS) && !weights.has("0.weight")) {
      throw new CheckpointException(
          weights.origin()
              + ": holds neither '"
              + KMeansQuantizer.CENTERS
              + "' (k-means) nor '0.weight' (linear layers); it is no quantizer");
    }
    return weights.has(KMeansQuantizer.CENTERS)
        ? new KMeansQuantizer(weights, KMeansQuantizer.Config.of(weights))
        : new LinearQuantizer(weights, LinearQuantizer.Config.of(weights));
  }
}

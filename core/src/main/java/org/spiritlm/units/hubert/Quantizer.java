package org.spiritlm.units.hubert;

import org.bytedeco.pytorch.Tensor;
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
   */
  static Quantizer load(Weights weights) {
    return weights.has(KMeansQuantizer.CENTERS)
        ? new KMeansQuantizer(weights, KMeansQuantizer.Config.of(weights))
        : new LinearQuantizer(weights, LinearQuantizer.Config.of(weights));
  }
}

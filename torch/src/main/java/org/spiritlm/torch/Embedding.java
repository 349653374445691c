package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A table of vectors by id. */
public final class Embedding {
  private final Tensor weight;

  /** Takes {@code weight} [count, width]. */
  public Embedding(Weights weights, long count, long width) {
    this(weights, Initializer.normal(1), count, width);
  }

  public Embedding(Weights weights, Initializer initializer, long count, long width) {
    this.weight = weights.tensor("weight", initializer, count, width);
  }

  /** The table, [count, width]. */
  public Tensor weight() {
    return weight;
  }

  /**
   * Vectors of int64 ids; an id outside the table is libtorch's own error, so check ids at the
   * edge.
   */
  public Tensor forward(Tensor ids) {
    return torch.embedding(weight, ids);
  }
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A table of vectors by id. */
public final class Embedding {
  private final Tensor weight;
  private final @Nullable Tensor newRows;

  /** Takes {@code weight} [count, width]. */
  public Embedding(Weights weights, long count, long width) {
    this(weights, Initializer.normal(1), count, width);
  }

  public Embedding(Weights weights, Initializer initializer, long count, long width) {
    this.weight = weights.tensor("weight", initializer, count, width);
    this.newRows = weights.newRows("weight", weight);
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
    Tensor vectors = torch.embedding(weight, ids);
    if (newRows == null) {
      return vectors;
    }
    Scalar none = new Scalar(0L);
    Tensor beyond = ids.sub(new Scalar(weight.size(0) - newRows.size(0)));
    return torch.where(
        beyond.ge(none).unsqueeze(-1), torch.embedding(newRows, beyond.clamp_min(none)), vectors);
  }
}

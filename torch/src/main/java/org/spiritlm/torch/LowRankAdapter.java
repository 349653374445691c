package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * The change of one product, see {@link LowRankAdapters}.
 *
 * @param first A, [rank, in]
 * @param second B, [out, rank]
 * @param scale what the change is multiplied by
 */
public record LowRankAdapter(Tensor first, Tensor second, double scale) {
  /** Adds the change for x [N, in] to the product y [N, out], in place. */
  Tensor add(Tensor x, Tensor y) {
    return y.add_(x.matmul(first.t()).matmul(second.t()), Tensors.scalar(scale));
  }

  /** The whole matrix [out, in] that the change is, in float32. */
  public Tensor matrix() {
    return second
        .to(DType.F32.scalarType())
        .matmul(first.to(DType.F32.scalarType()))
        .mul(Tensors.scalar(scale));
  }
}

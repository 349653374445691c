package org.spiritlm.torch;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/**
 * The change of one product, see {@link LowRankAdapters}.
 *
 * @param first A, [rank, in]
 * @param second B, [out, rank]
 * @param scale what the change is multiplied by
 * @param seen what the change sees of its input
 */
public record LowRankAdapter(
    Tensor first, Tensor second, double scale, UnaryOperator<Tensor> seen) {
  private static final TensorOptional NONE = Linear.none();

  /** A change that sees its whole input. */
  public LowRankAdapter(Tensor first, Tensor second, double scale) {
    this(first, second, scale, UnaryOperator.identity());
  }

  /** Adds the change for x [N, in] to the product y [N, out], in place. */
  Tensor add(Tensor x, Tensor y) {
    Tensor change = Products.linear(Products.linear(seen.apply(x), first, NONE), second, NONE);
    return y.add_(change, Tensors.scalar(scale));
  }

  /** The whole matrix [out, in] that the change is, in float32. */
  public Tensor matrix() {
    return second
        .to(DType.F32.scalarType())
        .matmul(first.to(DType.F32.scalarType()))
        .mul(Tensors.scalar(scale));
  }
}

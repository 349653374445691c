package org.spiritlm.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Dropout (Srivastava et al., 2014) from few random numbers: each of 64 bits decides about four
 * values. On a processor numbers are drawn one after another, which takes longer than all else.
 */
public final class Dropout {
  private static final int LANES = 4;
  private static final double STATES = 1 << Short.SIZE;

  private Dropout() {}

  /**
   * Sets values to 0; the others grow to keep the mean.
   *
   * @param share of the values that are set to 0, at least 0 and below 1
   * @param random of the tensor's device
   */
  public static Tensor of(Tensor x, double share, Generator random) {
    if (!x.is_cpu()) { // which draws all at once, in one operation
      Tensor kept = torch.empty_like(x).bernoulli_(1 - share, new GeneratorOptional(random));
      return x.mul(kept.mul_(Tensors.scalar(1 / (1 - share))));
    }
    long count = x.numel();
    ScalarTypeOptional words = new ScalarTypeOptional(DType.I64.scalarType());
    Tensor draws =
        torch.empty(new long[] {(count + LANES - 1) / LANES}, x.options().dtype(words), null);
    draws.random_(Long.MIN_VALUE, new LongOptional(), new GeneratorOptional(random));
    Tensor numbers = draws.view(DType.I16.scalarType()).narrow(0, 0, count).view(x.sizes());
    double first = Short.MIN_VALUE + Math.rint(share * STATES);
    Tensor mask = numbers.ge(new Scalar(first)).to(x.scalar_type());
    return x.mul(mask.mul_(Tensors.scalar(1 / (1 - share))));
  }
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A product whose weight FBGEMM keeps in float16, and multiplies in float32.
 *
 * <p>For bfloat16 values on processors without AVX-512: these have an instruction that widens
 * float16, and read half of what float32 takes. Float16 has three bits more than bfloat16, and a
 * power of two brings any weight into its range; there only what is below 2<sup>-14</sup> is
 * rounded, by 2<sup>-25</sup> at most. Packing takes some 15 ns a weight.
 */
final class FbgemmProduct implements PackedProduct {
  private static final double LARGEST = 65_504;

  /** Values below 2<sup>-14</sup> have fewer bits, so that the largest had better be well above. */
  private static final double SMALLEST = 1.0 / 64;

  private final Operators operators;
  private final IValue packed;
  private final @Nullable Tensor bias;
  private final double scale;

  /** The operators, found when the first product is packed. */
  private static final class Operators {
    static final Operators FOUND = new Operators();

    final NamedOperator pack = new NamedOperator("quantized::linear_prepack_fp16", "");
    final NamedOperator product = new NamedOperator("quantized::linear_dynamic_fp16", "");
    final IValue nothing = Scope.release(new IValue());
  }

  /** Packs a weight [out, in], which is free afterwards. */
  FbgemmProduct(Tensor weight, @Nullable Tensor bias) {
    this.operators = Operators.FOUND;
    try (Scope scope = Scope.open()) {
      Tensor wide = weight.to(DType.F32.scalarType());
      this.scale = scale(wide.abs().max().item_double());
      Tensor scaled = scale == 1 ? wide : wide.mul(Tensors.scalar(scale));
      this.packed =
          Scope.release(operators.pack.value(new IValue(scaled.contiguous()), operators.nothing));
      this.bias = bias == null ? null : Scope.detach(bias.to(DType.F32.scalarType()));
    }
  }

  /** A power of two that brings values up to the largest into range; NaN where none does. */
  private static double scale(double largest) {
    if (largest == 0 || (largest <= LARGEST && largest >= SMALLEST)) {
      return 1;
    }
    return Double.isFinite(largest) ? Math.scalb(1.0, -Math.getExponent(largest)) : Double.NaN;
  }

  /** Whether this processor and this build of libtorch have kernels that are worth it. */
  static boolean isWorthwhile() {
    return !Torch.hasFastBfloat16() && works();
  }

  /** Whether this build of libtorch has FBGEMM. */
  static boolean works() {
    return Tried.WORKS;
  }

  /** Found out by trying once, when it is first asked. */
  private static final class Tried {
    static final boolean WORKS =
        PackedProduct.works(DType.F32, ones -> new FbgemmProduct(ones, null));
  }

  @Override
  public Tensor forward(Tensor x) {
    if (scale == 1 && bias == null && DType.of(x) == DType.F32 && x.is_contiguous()) {
      return operators.product.call(
          new IValue(x), packed); // each operation is felt in a small model
    }
    try (Scope scope = Scope.open()) {
      Tensor wide = x.to(DType.F32.scalarType()).contiguous();
      Tensor y = operators.product.call(new IValue(wide), packed);
      if (scale != 1) {
        y.mul_(Tensors.scalar(1 / scale));
      }
      if (bias != null) {
        y.add_(bias);
      }
      return scope.keep(y.to(x.scalar_type()));
    }
  }
}

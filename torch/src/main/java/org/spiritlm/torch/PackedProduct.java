package org.spiritlm.torch;

import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** {@code y = x W^T + b} on the CPU, with a copy of the weight in the order of some kernels. */
interface PackedProduct {
  /** Whose kernels. */
  enum Kind {
    ONE_DNN,
    FBGEMM
  }

  /** [.., in] to [.., out], with the type of x. */
  Tensor forward(Tensor x);

  /** Packs a weight [out, in], which is free afterwards. */
  static PackedProduct of(Kind kind, Tensor weight, @Nullable Tensor bias) {
    return switch (kind) {
      case ONE_DNN -> new OneDnnProduct(weight, bias);
      case FBGEMM -> new FbgemmProduct(weight, bias);
    };
  }

  /**
   * The kernels that are fastest for a weight, or null where it had better stay as it is.
   *
   * @param stored the type that its values have where they come from
   * @param type that it is computed in
   * @param patiently whether packing may take longer than reading
   */
  static @Nullable Kind kind(DType stored, DType type, boolean patiently) {
    boolean halves = type == DType.BF16 || (type == DType.F32 && stored == DType.BF16);
    if (halves && patiently && FbgemmProduct.isWorthwhile()) {
      return Kind.FBGEMM;
    }
    return OneDnnProduct.isWorthwhile(type) ? Kind.ONE_DNN : null;
  }

  /** Whether a product with a weight of ones can be packed, and is right. */
  static boolean works(DType type, Function<Tensor, PackedProduct> packing) {
    try (Scope scope = Scope.open()) {
      Tensor ones = torch.ones(new long[] {16, 16}, Tensors.options(type));
      return packing.apply(ones).forward(ones).sum().item_float() == 16 * 16 * 16;
    } catch (RuntimeException e) {
      return false; // libtorch's word that it cannot
    }
  }
}

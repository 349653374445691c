package org.spiritlm.app;

import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;

/** Element types that a user may choose. */
enum ElementType {
  FP32(DType.F32),
  BF16(DType.BF16);

  private final DType dtype;

  ElementType(DType dtype) {
    this.dtype = dtype;
  }

  /** As libtorch knows it, or null. */
  static @Nullable DType dtype(@Nullable ElementType type) {
    return type == null ? null : type.dtype;
  }
}

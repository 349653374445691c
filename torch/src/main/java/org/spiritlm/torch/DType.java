package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element types, by the names that safetensors gives them. */
public enum DType {
  F64(ScalarType.Double, 8),
  F32(ScalarType.Float, 4),
  F16(ScalarType.Half, 2),
  BF16(ScalarType.BFloat16, 2),
  I64(ScalarType.Long, 8),
  I32(ScalarType.Int, 4),
  I16(ScalarType.Short, 2),
  I8(ScalarType.Char, 1),
  U8(ScalarType.Byte, 1),
  BOOL(ScalarType.Bool, 1);

  private final ScalarType scalarType;
  private final int bytes;

  DType(ScalarType scalarType, int bytes) {
    this.scalarType = scalarType;
    this.bytes = bytes;
  }

  /** libtorch's name of this type. */
  public ScalarType scalarType() {
    return scalarType;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether this is one of the floating-point types. */
  public boolean isFloat() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The type of a tensor's elements. */
  public static DType of(Tensor tensor) {
    ScalarType wanted = tensor.scalar_type().intern();
    for (DType type : values()) {
      if (type.scalarType == wanted) {
        return type;
      }
    }
    throw new IllegalArgumentException("no safetensors name for elements of type " + wanted);
  }
}

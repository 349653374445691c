package org.spiritlm.torch;

import java.util.Arrays;
import java.util.List;

/** What a file says of a tensor: its element type and shape. */
public record TensorInfo(DType dtype, List<Long> shape) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  public static TensorInfo of(DType dtype, long... shape) {
    return new TensorInfo(dtype, Arrays.stream(shape).boxed().toList());
  }

  /** The shape as an array, for libtorch. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Number of elements. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  /** Number of bytes. */
  public long bytes() {
    return elements() * dtype.bytes();
  }
}

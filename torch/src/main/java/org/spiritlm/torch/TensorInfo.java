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

  /**
   * Number of elements.
   *
   * @throws ArithmeticException if it is more than a long can hold, empty dimensions left aside
   */
  public long elements() {
    long elements =
        shape.stream().mapToLong(size -> Math.max(1, size)).reduce(1, Math::multiplyExact);
    return shape.contains(0L) ? 0 : elements;
  }

  /**
   * Number of bytes.
   *
   * @throws ArithmeticException if it is more than a long can hold
   */
  public long bytes() {
    return Math.multiplyExact(elements(), dtype.bytes());
  }
}

package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as a pickle describes it, checked against its storage.
 *
 * @param offset its first element in the storage
 * @param strides in elements, one for each dimension
 */
record PickledTensor(PickledStorage storage, long offset, TensorInfo info, List<Long> strides) {
  /** libtorch's own limit. */
  private static final int MAX_DIMENSIONS = 64;

  /**
   * From the arguments of {@code torch._utils._rebuild_tensor_v2}: storage, offset, size, stride
   * and what only training needs.
   *
   * @throws CheckpointException if the tensor does not lie inside its storage
   */
  static PickledTensor of(String origin, @Nullable Object[] arguments) {
    if (arguments.length < 4 || !(arguments[0] instanceof PickledStorage storage)) {
      throw new CheckpointException(origin + ": damaged pickle: a tensor without a storage");
    }
    long offset = number(origin, arguments[1]);
    List<Long> shape = numbers(origin, arguments[2]);
    List<Long> strides = numbers(origin, arguments[3]);
    TensorInfo info = new TensorInfo(storage.dtype(), shape);
    PickledTensor tensor = new PickledTensor(storage, offset, info, strides);
    if (shape.size() == strides.size() && tensor.inside() && !tensor.compact()) {
      // a stride of 0 makes any number of elements out of one
      throw new CheckpointException(
          origin
              + ": a tensor of shape "
              + shape
              + " and strides "
              + strides
              + " shows elements of its storage of "
              + storage.elements()
              + " more than once; save it after .contiguous()");
    }
    if (shape.size() != strides.size() || !tensor.inside()) {
      throw new CheckpointException(
          origin
              + ": damaged pickle: a tensor of shape "
              + shape
              + " and strides "
              + strides
              + " at element "
              + offset
              + " does not lie inside its storage of "
              + storage.elements()
              + " elements");
    }
    return tensor;
  }

  private boolean inside() {
    try {
      long end = Math.addExact(offset, MappedFile.span(info.dimensions(), stepsArray()));
      return end <= storage.elements();
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private boolean compact() {
    try {
      return info.elements() <= storage.elements();
    } catch (ArithmeticException e) {
      return false;
    }
  }

  long[] stepsArray() {
    return strides.stream().mapToLong(Long::longValue).toArray();
  }

  private static List<Long> numbers(String origin, @Nullable Object value) {
    List<?> items = value instanceof Object[] tuple ? Arrays.asList(tuple) : List.of();
    if (!(value instanceof Object[]) || items.size() > MAX_DIMENSIONS) {
      throw new CheckpointException(origin + ": damaged pickle: a tensor without a shape");
    }
    List<Long> numbers = new ArrayList<>();
    for (Object item : items) {
      numbers.add(number(origin, item));
    }
    return List.copyOf(numbers);
  }

  private static long number(String origin, @Nullable Object value) {
    if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= 0) {
      return ((Number) value).longValue();
    }
    throw new CheckpointException(
        origin + ": damaged pickle: a tensor's shape must be whole numbers of at least 0");
  }
}

package org.spiritlm.shards;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Whole numbers that are added one after another, for a tensor of one dimension. */
final class Column {
  private final String name;
  private final DType type;
  private final long largest;
  private ByteBuffer bytes = allocate(1024);
  private int count;

  /**
   * An empty one.
   *
   * @param type U8, I16, I32 or I64
   */
  Column(String name, DType type) {
    this.name = name;
    this.type = type;
    this.largest =
        type == DType.U8
            ? 255
            : type == DType.I64 ? Long.MAX_VALUE : (1L << (8 * type.bytes() - 1)) - 1;
  }

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  String name() {
    return name;
  }

  int count() {
    return count;
  }

  int size() {
    return bytes.position();
  }

  /**
   * Adds one.
   *
   * @throws InputException if the type cannot hold it
   */
  void add(long value) {
    if (value > largest || (value < 0 && type != DType.I64)) {
      throw new InputException(
          "a value of " + value + " for " + name + ", which holds 0 to " + largest);
    }
    if (bytes.remaining() < type.bytes()) {
      bytes = allocate(Math.multiplyExact(2, bytes.capacity())).put(bytes.flip());
    }
    switch (type) {
      case U8 -> bytes.put((byte) value);
      case I16 -> bytes.putShort((short) value);
      case I32 -> bytes.putInt((int) value);
      default -> bytes.putLong(value);
    }
    count++;
  }

  void add(int[] values) {
    for (int value : values) {
      add(value);
    }
  }

  void add(byte[] values) {
    for (byte value : values) {
      add(value & 0xFF);
    }
  }

  /** The bytes of the last so many. */
  ByteBuffer last(int numbers) {
    int size = numbers * type.bytes();
    return bytes.slice(bytes.position() - size, size);
  }

  /** Leaves only the first so many. */
  void cut(int first) {
    count = first;
    bytes.position(first * type.bytes());
  }

  /** A copy of all, which belongs to no scope. */
  Tensor tensor() {
    Tensor tensor;
    try (Scope scope = Scope.open()) {
      tensor = Scope.detach(Tensors.empty(type, count));
    }
    if (count > 0) {
      BytePointer content = new BytePointer(tensor.data_ptr()).capacity(bytes.position());
      content.asByteBuffer().put(bytes.duplicate().flip());
    }
    return tensor;
  }
}

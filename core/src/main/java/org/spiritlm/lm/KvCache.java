package org.spiritlm.lm;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;

/**
 * The keys and values of the positions of one sequence that a model has read.
 *
 * <p>Room for all positions is set aside at once and never moved; on the CPU the operating system
 * gives the memory page by page as positions come. Close it; not for use by several threads.
 */
public final class KvCache implements AutoCloseable {
  private final Tensor[] layers; // each [2, K, capacity, d]
  private final int capacity;
  private int length;
  private boolean closed;

  KvCache(LlamaConfig config, DType dtype, Device device, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a cache of " + capacity + " positions");
    }
    this.capacity = capacity;
    this.layers = new Tensor[config.layers()];
    long[] shape = {2, config.keyValueHeads(), capacity, config.headWidth()};
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < layers.length; i++) {
        layers[i] = Scope.detach(torch.empty(shape, device.options(dtype), null));
      }
    }
  }

  private KvCache(Tensor[] layers, int capacity, int length) {
    this.layers = layers;
    this.capacity = capacity;
    this.length = length;
  }

  /** Positions that were read. */
  public int length() {
    return length;
  }

  /** Positions that there is room for. */
  public int capacity() {
    return capacity;
  }

  /** Bytes that are set aside. */
  public long bytes() {
    long bytes = 0;
    for (Tensor layer : layers) {
      bytes += layer.numel() * DType.of(layer).bytes();
    }
    return bytes;
  }

  /** Forgets all positions from this one on, to continue from there in another way. */
  public void truncate(int positions) {
    if (positions < 0 || positions > length) {
      throw new IllegalArgumentException(
          "cannot go back to position " + positions + " of " + length);
    }
    length = positions;
  }

  /** Another cache with the first of these positions, and room for more. */
  KvCache copy(int positions, int newCapacity) {
    if (positions > length || newCapacity < positions) {
      throw new IllegalArgumentException(
          "a copy of " + positions + " of " + length + " positions with room for " + newCapacity);
    }
    Tensor[] copies = new Tensor[layers.length];
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < layers.length; i++) {
        Tensor layer = layers[i];
        Tensor copy =
            torch.empty(
                new long[] {2, layer.size(1), newCapacity, layer.size(3)}, layer.options(), null);
        copy.narrow(2, 0, positions).copy_(layer.narrow(2, 0, positions));
        copies[i] = Scope.detach(copy);
      }
    }
    return new KvCache(copies, newCapacity, positions);
  }

  /** Throws unless so many more positions fit. */
  void require(int positions) {
    if (closed) {
      throw new IllegalStateException("the cache is closed");
    }
    if (positions > capacity - length) {
      throw new IllegalStateException(
          "a cache of " + capacity + " positions with " + length + " cannot take " + positions);
    }
  }

  /**
   * Writes the keys and values, each [n, K, d], of the next positions in one layer; {@link
   * #advance} then counts them.
   */
  void write(int layer, Tensor keys, Tensor values) {
    Tensor room = layers[layer].narrow(2, length, keys.size(0)).permute(0, 2, 1, 3); // [2, n, K, d]
    room.select(0, 0).copy_(keys);
    room.select(0, 1).copy_(values);
  }

  /** Keys and values of one layer, with so many that are not counted yet, [2, K, L, d]. */
  Tensor read(int layer, int more) {
    return layers[layer].narrow(2, 0, length + more);
  }

  /** Counts positions that were written in all layers. */
  void advance(int positions) {
    length += positions;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      for (Tensor layer : layers) {
        Scope.free(layer);
      }
    }
  }
}

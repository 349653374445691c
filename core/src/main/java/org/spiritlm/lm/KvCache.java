package org.spiritlm.lm;

import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Scope;

/**
 * The keys and values of the positions of one sequence that a model has read.
 *
 * <p>Room for all positions is set aside at once, and moved for nothing but to lie beside those of
 * sequences that are read together ({@link CacheBlock}); on the CPU the operating system gives the
 * memory page by page as positions come. Close it; not for use by several threads.
 */
public final class KvCache implements AutoCloseable {
  private final Tensor[] layers; // each [capacity, 2 K, d]: the keys of all heads, then the values
  private final int heads;
  private final int width;
  private final int capacity;
  private @Nullable CacheBlock block; // that holds its memory beside others'
  private int slot; // in the block
  private int length;
  private boolean closed;

  KvCache(LlamaConfig config, DType dtype, Device device, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a cache of " + capacity + " positions");
    }
    this.capacity = capacity;
    this.heads = config.keyValueHeads();
    this.width = config.headWidth();
    this.layers = new Tensor[config.layers()];
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < layers.length; i++) {
        layers[i] = Scope.detach(memory(config, dtype, device, capacity));
      }
    }
  }

  /** Memory for keys and values of one layer, [positions, 2 K, d]; what it holds is not set. */
  static Tensor memory(LlamaConfig config, DType dtype, Device device, int positions) {
    long[] shape = {positions, 2L * config.keyValueHeads(), config.headWidth()};
    return torch.empty(shape, device.options(dtype), null);
  }

  private KvCache(KvCache like, Tensor[] layers, int capacity, int length) {
    this.layers = layers;
    this.heads = like.heads;
    this.width = like.width;
    this.capacity = capacity;
    this.length = length;
  }

  /** Bytes that a cache with room for so many positions sets aside. */
  static long bytes(LlamaConfig config, DType dtype, int capacity) {
    return 2L
        * config.keyValueHeads()
        * config.headWidth()
        * config.layers()
        * dtype.bytes()
        * capacity;
  }

  /** Positions that were read. */
  public int length() {
    return length;
  }

  /** Positions that there is room for. */
  public int capacity() {
    return capacity;
  }

  /** Bytes that are set aside; of one in a block, its slot's. */
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

  /** The block in which it lies beside others, or null where it has memory of its own. */
  @Nullable CacheBlock block() {
    return block;
  }

  /** Where it lies in its {@link #block}. */
  int slot() {
    return slot;
  }

  /**
   * Moves to a slot of a block.
   *
   * @param memory of the slot in each layer, [at least the capacity, 2 K, d]
   */
  void moveTo(List<Tensor> memory, CacheBlock other, int place) {
    for (int i = 0; i < layers.length; i++) {
      memory.get(i).narrow(0, 0, length).copy_(layers[i].narrow(0, 0, length));
      Scope.free(layers[i]);
      layers[i] = Scope.detach(memory.get(i));
    }
    block = other;
    slot = place;
  }

  /** Another cache with the first of these positions, and room for more. */
  KvCache copy(int positions, int newCapacity) {
    requireRoom(positions, newCapacity);
    Tensor[] copies = new Tensor[layers.length];
    for (int i = 0; i < layers.length; i++) {
      copies[i] = copy(layers[i], positions, newCapacity);
    }
    return new KvCache(this, copies, newCapacity, positions);
  }

  /**
   * The first of these positions in a cache of its own with another room; this one is closed, layer
   * by layer, so that hardly more memory is needed than the larger of the two; also where memory
   * does not suffice.
   */
  KvCache moved(int positions, int newCapacity) {
    requireRoom(positions, newCapacity);
    Tensor[] copies = new Tensor[layers.length];
    closed = true;
    int moved = 0;
    try {
      while (moved < layers.length) {
        copies[moved] = copy(layers[moved], positions, newCapacity);
        Scope.free(layers[moved++]);
      }
    } catch (RuntimeException e) {
      for (int i = 0; i < layers.length; i++) {
        Scope.free(i < moved ? copies[i] : layers[i]);
      }
      throw e;
    } finally {
      leaveBlock();
    }
    return new KvCache(this, copies, newCapacity, positions);
  }

  private Tensor copy(Tensor layer, int positions, int newCapacity) {
    try (Scope scope = Scope.open()) {
      Tensor copy = torch.empty(new long[] {newCapacity, 2L * heads, width}, layer.options(), null);
      copy.narrow(0, 0, positions).copy_(layer.narrow(0, 0, positions));
      return Scope.detach(copy);
    }
  }

  private void requireRoom(int positions, int newCapacity) {
    if (positions > length || newCapacity < positions) {
      throw new IllegalArgumentException(
          "a copy of " + positions + " of " + length + " positions with room for " + newCapacity);
    }
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
   * Writes the keys and values [n, 2 K, d] of the next positions in one layer; {@link #advance}
   * then counts them.
   */
  void write(int layer, Tensor keysAndValues) {
    layers[layer].narrow(0, length, keysAndValues.size(0)).copy_(keysAndValues);
  }

  /** The keys of one layer, with so many that are not counted yet, [1, K, L, d]. */
  Tensor keys(int layer, int more) {
    return view(layer, more, 0);
  }

  /** The values of one layer, with so many that are not counted yet, [1, K, L, d]. */
  Tensor values(int layer, int more) {
    return view(layer, more, (long) heads * width);
  }

  private Tensor view(int layer, int more, long offset) {
    long row = 2L * heads * width;
    long positions = (long) length + more;
    Tensor memory = layers[layer];
    return memory.as_strided(
        new long[] {1, heads, positions, width},
        new long[] {row * capacity, width, row, 1},
        new LongOptional(memory.storage_offset() + offset));
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
      leaveBlock();
    }
  }

  private void leaveBlock() {
    if (block != null) {
      block.leave(slot);
      block = null;
    }
  }
}

package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Scope;

/**
 * Memory in which the caches of sequences that grow together lie one after another, so that
 * attention looks at all of them in one operation: what a small model does for one sequence takes
 * less time than to ask for it.
 *
 * <p>Caches are made elsewhere, and moved in when they are first read beside others. The block
 * grows as they need, and is freed when the last of them leaves or is closed. Not for use by
 * several threads.
 */
final class CacheBlock {
  /** Capacities are multiples of it, and memory is cleaned by as much (positions). */
  private static final int ROUND = 64;

  private final LlamaModel model;
  private Tensor[] layers = {}; // each [slots * capacity, 2 K, d]
  private @Nullable KvCache[] slots = {};
  private int[] clean = {}; // positions of each cache whose memory holds its own or zeros
  private int capacity;

  CacheBlock(LlamaModel model) {
    this.model = model;
  }

  /** Memory that is set aside beyond what its caches would set aside alone (bytes). */
  long overhead() {
    long alone = 0;
    for (KvCache each : slots) {
      alone += each == null ? 0 : model.cacheBytes(each.capacity());
    }
    return bytes(slots.length, capacity) - alone;
  }

  private long bytes(int count, int positions) {
    return count == 0 ? 0 : count * model.cacheBytes(positions);
  }

  /**
   * Moves the caches of single ids here that are read beside others, if they fit, and makes ready
   * for one more position of each.
   *
   * @param spare the most {@link #overhead} (bytes)
   */
  void gather(List<Piece> pieces, long spare) {
    if (!model.gathersCaches()) {
      return;
    }
    Set<KvCache> all = new LinkedHashSet<>();
    for (Piece piece : pieces) {
      if (piece.cache() != null && piece.ids().length == 1 && piece.cache().length() > 0) {
        all.add(piece.cache());
      }
    }
    if (all.size() < 2) {
      return;
    }
    try (Scope scope = Scope.open()) {
      makeRoom(all, spare);
      int longest = 0;
      for (KvCache cache : all) {
        if (cache.block() == null && cache.capacity() <= capacity) {
          moveIn(cache);
        }
        longest = cache.block() == this ? Math.max(longest, cache.length()) : longest;
      }
      clean(Math.min(capacity, rounded(longest + 1)));
    }
  }

  private static int rounded(int positions) {
    return Math.floorDiv(positions + ROUND - 1, ROUND) * ROUND;
  }

  /** Grows for those that are not here yet, and may be. */
  private void makeRoom(Set<KvCache> all, long spare) {
    int coming = 0;
    int needed = capacity;
    long alone = bytes(slots.length, capacity) - overhead();
    for (KvCache cache : all) {
      if (cache.block() == null) {
        coming++;
        needed = Math.max(needed, rounded(cache.capacity()));
        alone += model.cacheBytes(cache.capacity());
      }
    }
    int used = (int) Arrays.stream(slots).filter(Objects::nonNull).count();
    int count = slots.length;
    if (used + coming > count) {
      count = Math.max(2, Integer.highestOneBit(used + coming - 1) << 1);
    }
    boolean grows = count > slots.length || needed > capacity;
    if (coming > 0 && grows && bytes(count, needed) - alone <= Math.min(spare, alone)) {
      grow(count, needed);
    }
  }

  private void grow(int count, int positions) {
    Tensor[] larger = new Tensor[model.config().layers()];
    try {
      for (int i = 0; i < larger.length; i++) {
        larger[i] = model.cacheMemory(count * positions);
      }
    } catch (RuntimeException e) {
      return; // there is no memory for it; they stay where they are
    }
    for (int i = 0; i < larger.length; i++) {
      larger[i] = Scope.detach(larger[i]);
    }
    Tensor[] smaller = layers;
    layers = larger;
    capacity = positions;
    slots = Arrays.copyOf(slots, count);
    clean = new int[count];
    for (int slot = 0; slot < count; slot++) {
      KvCache cache = slots[slot];
      if (cache != null) {
        place(cache, slot);
      }
    }
    free(smaller);
  }

  private void moveIn(KvCache cache) {
    for (int slot = 0; slot < slots.length; slot++) {
      if (slots[slot] == null) {
        slots[slot] = cache;
        place(cache, slot);
        return;
      }
    }
  }

  private void place(KvCache cache, int slot) {
    List<Tensor> memory = new ArrayList<>();
    for (Tensor layer : layers) {
      memory.add(layer.narrow(0, (long) slot * capacity, capacity));
    }
    cache.moveTo(memory, this, slot);
    clean[slot] = cache.length(); // behind it may be what another has left
  }

  /**
   * Writes zeros behind what caches hold: attention does not look at it, but it must be numbers all
   * the same.
   */
  private void clean(int positions) {
    for (int slot = 0; slot < slots.length; slot++) {
      KvCache cache = slots[slot];
      if (cache != null) {
        int from = Math.max(clean[slot], cache.length());
        if (from < positions) {
          for (Tensor layer : layers) {
            layer.narrow(0, (long) slot * capacity + from, positions - (long) from).zero_();
          }
        }
        clean[slot] = Math.max(from, positions);
      }
    }
  }

  /** Whether a slot holds numbers up to a position. */
  boolean isClean(int slot, int positions) {
    return clean[slot] >= positions;
  }

  /** Positions of each slot. */
  int capacity() {
    return capacity;
  }

  /** All positions of all slots in one layer, [slots * capacity, 2 K, d]. */
  Tensor layer(int index) {
    return layers[index];
  }

  /** A cache has left, or is closed. */
  void leave(int slot) {
    slots[slot] = null;
    if (Arrays.stream(slots).allMatch(Objects::isNull)) {
      free(layers);
      layers = new Tensor[0];
      slots = new KvCache[0];
      clean = new int[0];
      capacity = 0;
    }
  }

  private static void free(Tensor[] tensors) {
    for (Tensor tensor : tensors) {
      Scope.free(tensor);
    }
  }
}

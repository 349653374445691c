package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Tensors;

/**
 * The single ids among some pieces whose caches lie in one {@link CacheBlock}: in each layer one
 * operation writes their keys and values, and one attends for all of them.
 *
 * <p>Attention runs over all slots from the first to the last of these, and as far as the longest
 * of them; what is not theirs is masked, and what comes of a slot between that is nobody's is
 * dropped.
 *
 * @param block that holds their caches
 * @param others the other pieces' places among all
 * @param firstSlot that is theirs
 * @param slots from there on
 * @param length positions of the longest, with the new one, rounded up
 * @param targets where their keys and values go among the positions of all slots, [n]
 * @param rows theirs among the ids of all pieces, [n], or null where these are all
 * @param queries the row that each slot's query stands in, [slots], or null where they stand so
 * @param back the place of each id's row behind the slots' and the others', or null where they
 *     stand so
 * @param mask 0, or minus infinity where a slot is not looked at, [slots, 1, 1, length]
 */
record GatheredPieces(
    CacheBlock block,
    List<Integer> others,
    int firstSlot,
    int slots,
    int length,
    Tensor targets,
    @Nullable Tensor rows,
    @Nullable Tensor queries,
    @Nullable Tensor back,
    Tensor mask) {
  private static final int ROUND = 16;

  /** Work for what is masked, beside that for what is not, at the most. */
  private static final int MOST_WASTE = 1;

  /** What belongs together among these, or null; tensors belong to the enclosing scope. */
  static @Nullable GatheredPieces of(List<Piece> pieces) {
    List<Integer> together = new ArrayList<>();
    List<Integer> others = new ArrayList<>();
    CacheBlock block = null;
    int longest = 0;
    long looked = 0;
    for (int i = 0; i < pieces.size(); i++) {
      KvCache cache = pieces.get(i).cache();
      CacheBlock found = cache == null ? null : cache.block();
      if (found != null && pieces.get(i).ids().length == 1 && (block == null || found == block)) {
        block = found;
        together.add(i);
        longest = Math.max(longest, cache.length() + 1);
        looked += cache.length() + 1;
      } else {
        others.add(i);
      }
    }
    if (block == null || together.size() < 2) {
      return null;
    }
    int[] slots = together.stream().mapToInt(i -> cache(pieces, i).slot()).toArray();
    int first = Arrays.stream(slots).min().orElseThrow();
    int count = Arrays.stream(slots).max().orElseThrow() - first + 1;
    int length = Math.min(block.capacity(), Math.floorDiv(longest + ROUND - 1, ROUND) * ROUND);
    boolean wastes = (long) count * longest > (1 + MOST_WASTE) * looked;
    CacheBlock theirs = block;
    boolean clean = Arrays.stream(slots).allMatch(slot -> theirs.isClean(slot, length));
    return wastes || !clean
        ? null
        : laidOut(pieces, together, others, theirs, first, count, length);
  }

  private static GatheredPieces laidOut(
      List<Piece> pieces,
      List<Integer> together,
      List<Integer> others,
      CacheBlock block,
      int first,
      int slots,
      int length) {
    int[] starts = new int[pieces.size() + 1]; // of each piece among all ids
    for (int i = 0; i < pieces.size(); i++) {
      starts[i + 1] = starts[i] + pieces.get(i).ids().length;
    }
    int ids = starts[pieces.size()];
    int[] targets = new int[together.size()];
    int[] rows = new int[together.size()];
    int[] queries = new int[slots];
    int[] back = new int[ids];
    float[] mask = new float[slots * length];
    Arrays.fill(mask, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < rows.length; i++) {
      KvCache cache = cache(pieces, together.get(i));
      int slot = cache.slot() - first;
      rows[i] = starts[together.get(i)];
      targets[i] = cache.slot() * block.capacity() + cache.length();
      queries[slot] = rows[i];
      back[rows[i]] = slot;
      Arrays.fill(mask, slot * length, slot * length + cache.length() + 1, 0);
    }
    int behind = slots;
    for (int other : others) {
      for (int row = starts[other]; row < starts[other + 1]; row++) {
        back[row] = behind++;
      }
    }
    return new GatheredPieces(
        block,
        List.copyOf(others),
        first,
        slots,
        length,
        Tensors.of(targets),
        others.isEmpty() ? null : Tensors.of(rows),
        isAsItStands(queries, ids) ? null : Tensors.of(queries),
        isAsItStands(back, behind) ? null : Tensors.of(back),
        Tensors.of(mask).view(slots, 1, 1, length));
  }

  private static KvCache cache(List<Piece> pieces, int place) {
    return Objects.requireNonNull(pieces.get(place).cache());
  }

  private static boolean isAsItStands(int[] places, int count) {
    return places.length == count
        && IntStream.range(0, count).allMatch(place -> places[place] == place);
  }

  /** Writes the keys and values of one layer, of all ids [N, 2 K, d]. */
  void write(int layer, Tensor keysAndValues) {
    Tensor theirs = rows == null ? keysAndValues : keysAndValues.index_select(0, rows);
    block.layer(layer).index_copy_(0, targets, theirs);
  }

  /** The queries of the slots among those of all ids, [N, H, d] to [slots, H, d]. */
  Tensor queries(Tensor all) {
    return queries == null ? all : all.index_select(0, queries);
  }

  /**
   * Keys or values of the slots in one layer, [slots, heads, length, d].
   *
   * @param from the first of the heads, keys' before values'
   */
  Tensor seen(int layer, long from, long heads) {
    Tensor all = block.layer(layer); // [slots * capacity, 2 K, d]
    long row = all.stride(0);
    long width = all.size(2);
    return all.as_strided(
        new long[] {slots, heads, length, width},
        new long[] {row * block.capacity(), width, row, 1},
        new LongOptional(firstSlot * row * block.capacity() + from * width));
  }

  /** Rows of the slots [slots, D], then of the other pieces, to rows of all ids [N, D]. */
  Tensor inOrder(List<Tensor> attended) {
    Tensor all = attended.size() == 1 ? attended.get(0) : Tensors.cat(attended, 0);
    return back == null ? all : all.index_select(0, back);
  }
}

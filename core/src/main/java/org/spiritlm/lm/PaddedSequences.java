package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Tensors;

/**
 * How sequences that stand one after another are laid out in rows of one length: those of similar
 * lengths together, each padded behind its end.
 *
 * <p>Few large operations are faster than many small ones on a GPU, and anywhere when gradients are
 * asked for. What a causal product gives for padding is dropped, and no real position sees it.
 *
 * @param places of what stands in each padded position among the positions of all sequences, [M];
 *     in padding, its sequence's last
 * @param back where each position of all sequences has gone, [N]
 * @param batches in order, with M positions in all
 */
record PaddedSequences(Tensor places, Tensor back, List<Batch> batches) {
  /** A shorter sequence begins another batch (the share of the longest). */
  private static final double SHORTEST = 0.8;

  /** Sequences that are so little shorter (positions) are padded in any case. */
  private static final int LITTLE = 16;

  /**
   * Rows of one length.
   *
   * @param count of rows
   * @param length of each, with its padding
   */
  record Batch(int count, int length) {
    long positions() {
      return (long) count * length;
    }
  }

  /** Lays out sequences of these lengths; what it makes belongs to the enclosing scope. */
  static PaddedSequences of(List<Integer> lengths, Device device) {
    int[] starts = new int[lengths.size()];
    int all = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = all;
      all += lengths.get(i);
    }
    List<Integer> order =
        IntStream.range(0, starts.length)
            .boxed()
            .sorted(Comparator.comparing(lengths::get, Comparator.reverseOrder()))
            .toList();
    List<Batch> batches = new ArrayList<>();
    IntStream.Builder places = IntStream.builder();
    int[] back = new int[all];
    int placed = 0;
    int from = 0;
    while (from < order.size()) {
      int longest = lengths.get(order.get(from));
      int to = from;
      while (to < order.size() && isNear(lengths.get(order.get(to)), longest)) {
        int sequence = order.get(to);
        int length = lengths.get(sequence);
        for (int i = 0; i < longest; i++) {
          places.add(starts[sequence] + Math.min(i, length - 1));
          if (i < length) {
            back[starts[sequence] + i] = placed;
          }
          placed++;
        }
        to++;
      }
      batches.add(new Batch(to - from, longest));
      from = to;
    }
    return new PaddedSequences(
        device.place(Tensors.of(places.build().toArray())),
        device.place(Tensors.of(back)),
        List.copyOf(batches));
  }

  private static boolean isNear(int length, int longest) {
    return length >= SHORTEST * longest || length + LITTLE >= longest;
  }

  /** [N, …] to [M, …]: what stands in each padded position. */
  Tensor spread(Tensor x) {
    return isAsItStands() ? x : x.index_select(0, places);
  }

  /** [M, …] back to [N, …]. */
  Tensor gathered(Tensor x) {
    return isAsItStands() ? x : x.index_select(0, back);
  }

  /** Whether all sequences have one length. */
  private boolean isAsItStands() {
    return batches.size() == 1 && places.size(0) == back.size(0);
  }

  /** Positions of each batch. */
  long[] sizes() {
    return batches.stream().mapToLong(Batch::positions).toArray();
  }
}

package org.spiritlm.vocoder;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * Where a generator stands within one utterance that it gets piece by piece: for each of its
 * layers, the last steps of the input that later output still depends on.
 *
 * <p>All tensors of steps are [1, C, 1, T] with the channels innermost in memory.
 */
final class GeneratorState implements AutoCloseable {
  /** The dimension of time. */
  static final int TIME = 3;

  private final @Nullable Tensor[] held;
  private boolean first = true;
  private boolean last;
  private int excess;

  /** The start of an utterance, for a generator with this many slots. */
  GeneratorState(int slots) {
    this.held = new Tensor[slots];
  }

  /** Whether the current piece is the utterance's first. */
  boolean first() {
    return first;
  }

  /** Whether the current piece is the utterance's last. */
  boolean last() {
    return last;
  }

  /**
   * Says that the next piece is the last, and how many of its frames lie beyond the utterance's
   * end.
   */
  void finish(int framesBeyond) {
    last = true;
    excess = framesBeyond;
  }

  /** Says that a piece has passed all layers. */
  void advance() {
    first = false;
  }

  /** Silences what lies beyond the utterance's end, in place; {@code rate} steps are one frame. */
  Tensor cut(Tensor x, int rate) {
    if (excess > 0) {
      long beyond = (long) excess * rate;
      x.narrow(TIME, x.size(TIME) - beyond, beyond).zero_();
    }
    return x;
  }

  /** The steps held in a slot, followed by these. */
  Tensor join(int slot, Tensor x) {
    Tensor before = held[slot];
    return before == null ? x : Tensors.cat(List.of(before, x), TIME);
  }

  /** Holds the steps from one on in a slot, in place of what it held; the last piece holds none. */
  void hold(int slot, Tensor x, long from) {
    release(slot);
    long count = x.size(TIME) - from;
    if (!last && count > 0) {
      held[slot] = Scope.detach(x.narrow(TIME, from, count).clone());
    }
  }

  private void release(int slot) {
    Tensor before = held[slot];
    if (before != null) {
      Scope.free(before);
      held[slot] = null;
    }
  }

  @Override
  public void close() {
    for (int slot = 0; slot < held.length; slot++) {
      release(slot);
    }
  }

  @Override
  public String toString() {
    return "first " + first + ", last " + last + ", held " + Arrays.toString(held);
  }
}

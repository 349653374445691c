package org.spiritlm.vocoder;

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
  private final SourceFilter.@Nullable Held source;
  private boolean first = true;
  private boolean last;
  private int excess;

  /**
   * The start of an utterance, for a generator with this many slots.
   *
   * @param source that of its source and filter, or null where it has none
   */
  GeneratorState(int slots, SourceFilter.@Nullable Held source) {
    this.held = new Tensor[slots];
    this.source = source;
  }

  /** Another that stands where this one does, and goes on without it. */
  GeneratorState copy() {
    GeneratorState copy = new GeneratorState(held.length, source == null ? null : source.copy());
    for (int slot = 0; slot < held.length; slot++) {
      Tensor steps = held[slot];
      if (steps != null) {
        copy.held[slot] = Scope.detach(steps.clone());
      }
    }
    copy.first = first;
    return copy;
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

  /** Where the source and the filter stand, or null where the generator has none. */
  SourceFilter.@Nullable Held source() {
    return source;
  }

  /** Frames of the current piece that lie beyond the utterance's end. */
  int excess() {
    return last ? excess : 0;
  }

  /**
   * Silences, in the last piece, what lies behind the utterance's end: steps that were added, and
   * before them those of its frames that lie beyond.
   *
   * @param rate steps that are one frame
   */
  void silence(Tensor steps, long added, int rate) {
    long count = last ? added + (long) excess * rate : 0;
    if (count > 0) {
      steps.narrow(TIME, steps.size(TIME) - count, count).zero_();
    }
  }

  /** What a slot holds, or null; the state owns it. */
  @Nullable Tensor held(int slot) {
    return held[slot];
  }

  /**
   * Adds to a piece of output, in place, as many of the steps that are held in a slot and then of
   * these; holds the others.
   */
  void addDelayed(Tensor output, int slot, Tensor x) {
    long wanted = output.size(TIME);
    Tensor before = held[slot];
    if (before == null) {
      output.add_(x.narrow(TIME, 0, wanted));
      hold(slot, x, wanted);
      return;
    }
    long first = before.size(TIME);
    if (first > wanted) {
      Tensor all = Tensors.cat(List.of(before, x), TIME);
      output.add_(all.narrow(TIME, 0, wanted));
      hold(slot, all, wanted);
      return;
    }
    output.narrow(TIME, 0, first).add_(before);
    output.narrow(TIME, first, wanted - first).add_(x.narrow(TIME, 0, wanted - first));
    hold(slot, x, wanted - first);
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
}

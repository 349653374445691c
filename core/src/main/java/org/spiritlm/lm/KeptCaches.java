package org.spiritlm.lm;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Caches of sequences that have ended, for those that begin in the same way: the next turn of a
 * conversation, another question after the same examples. Not for use by several threads.
 */
final class KeptCaches implements AutoCloseable {
  private final Deque<Kept> kept = new ArrayDeque<>(); // the one used last comes last
  private long bytes;

  /** A cache with the ids that it has read. */
  @SuppressWarnings("ArrayRecordComponent") // never changed
  record Kept(int[] ids, KvCache cache) {
    /** How many first positions are those of a prompt; the last id of a prompt is always read. */
    int common(int[] prompt) {
      return KeptCaches.common(ids, prompt);
    }
  }

  /** How many first ids of a sequence a prompt begins with, but for the prompt's last one. */
  static int common(int[] ids, int[] prompt) {
    int most = Math.min(ids.length, prompt.length - 1);
    int mismatch = Arrays.mismatch(ids, 0, most, prompt, 0, most);
    return mismatch < 0 ? most : mismatch;
  }

  /** Memory of all (bytes). */
  long bytes() {
    return bytes;
  }

  /**
   * Keeps what a sequence has read; its cache is this one's now, without the room that it does not
   * need.
   */
  void add(int[] ids, KvCache cache) {
    int length = cache.length();
    for (Kept each : List.copyOf(kept)) {
      int most = each.ids.length;
      if (most <= length && Arrays.equals(each.ids, 0, most, ids, 0, most)) {
        take(each).close(); // the new one holds all that it does
      }
    }
    boolean isOwn = length == cache.capacity() && cache.block() == null;
    KvCache trimmed = isOwn ? cache : cache.moved(length, length);
    kept.add(new Kept(Arrays.copyOf(ids, length), trimmed));
    bytes += trimmed.bytes();
  }

  /** The one that begins with most of a prompt, or null where none does. */
  @Nullable Kept longest(int[] prompt) {
    Kept best = null;
    for (Kept each : kept) {
      if (each.common(prompt) >= (best == null ? 1 : best.common(prompt))) {
        best = each;
      }
    }
    return best;
  }

  /** Marks one as used. */
  void touch(Kept used) {
    if (kept.remove(used)) {
      kept.add(used);
    }
  }

  /** Takes one away, whose cache is the caller's now. */
  KvCache take(Kept wanted) {
    if (!kept.remove(wanted)) {
      throw new IllegalArgumentException("this one is not kept");
    }
    bytes -= wanted.cache.bytes();
    return wanted.cache;
  }

  /** Frees those that were not used for longest until there is no more than this (bytes). */
  void shrink(long most) {
    while (bytes > most && !kept.isEmpty()) {
      take(kept.getFirst()).close();
    }
  }

  @Override
  public void close() {
    shrink(0);
  }
}

package org.spiritlm.corpus;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Which names were there before, in 11 to 22 bytes a name however long it is: of each only 64 bits
 * are kept. Among a hundred million names two that differ are taken for one with a probability of
 * 0.03 %.
 */
public final class SeenNames {
  private long[] slots = new long[1 << 10]; // 0 is an empty one
  private int count;

  /** Adds a name; false if it was there before. */
  public boolean add(String name) {
    if (4L * (count + 1) > 3L * slots.length) {
      grow();
    }
    boolean added = put(slots, hash(name));
    count += added ? 1 : 0;
    return added;
  }

  /** Whether a name was added. */
  public boolean contains(String name) {
    long hash = hash(name);
    int slot = slot(slots, hash);
    return slots[slot] == hash;
  }

  private void grow() {
    if (slots.length == 1 << 30) {
      throw new IllegalStateException("more than " + count + " names; divide the corpus");
    }
    long[] larger = new long[slots.length * 2];
    Arrays.stream(slots).filter(hash -> hash != 0).forEach(hash -> put(larger, hash));
    slots = larger;
  }

  private static boolean put(long[] slots, long hash) {
    int slot = slot(slots, hash);
    boolean free = slots[slot] == 0;
    slots[slot] = hash;
    return free;
  }

  /** Where a hash lies, or the empty slot where it would. */
  private static int slot(long[] slots, long hash) {
    int slot = (int) (hash >>> 32) & (slots.length - 1);
    while (slots[slot] != 0 && slots[slot] != hash) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  /** FNV-1a, whose bits are then mixed as in SplitMix64. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte value : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (value & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
    hash ^= hash >>> 31;
    return hash == 0 ? 1 : hash;
  }
}

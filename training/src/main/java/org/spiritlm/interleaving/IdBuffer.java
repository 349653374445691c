package org.spiritlm.interleaving;

import java.util.Arrays;

/** Ids that are added one after another and kept in one array. Not thread-safe. */
public final class IdBuffer {
  private int[] ids = new int[1024];
  private int size;

  /** Adds one. */
  public void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  /** Adds all of these. */
  public void add(int[] more) {
    if (more.length > ids.length - size) {
      ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + more.length));
    }
    System.arraycopy(more, 0, ids, size, more.length);
    size += more.length;
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** Removes all. */
  public void clear() {
    size = 0;
  }

  /** Copies some of them to a place in an array. */
  public void copy(int from, int[] to, int at, int count) {
    if (from < 0 || count > size - from) {
      throw new IndexOutOfBoundsException(from + " and " + count + " of " + size);
    }
    System.arraycopy(ids, from, to, at, count);
  }

  /** A copy of all. */
  public int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}

package org.spiritlm.text;

/**
 * Token ids from {@code from} up to, not including, {@code to}.
 *
 * @param from the first id
 * @param to the id after the last one
 */
public record IdRange(int from, int to) {
  /** The range without ids. */
  public static final IdRange EMPTY = new IdRange(0, 0);

  public IdRange {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("no range of ids: [" + from + ", " + to + ")");
    }
  }

  /** Whether the id lies in this range. */
  public boolean contains(int id) {
    return from <= id && id < to;
  }

  /** How many ids there are. */
  public int size() {
    return to - from;
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return from == to;
  }
}

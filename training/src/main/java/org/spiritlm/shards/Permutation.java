package org.spiritlm.shards;

import org.spiritlm.interleaving.Draws;

/**
 * An order of the numbers below a count, drawn from a key, that needs no table: a Feistel network
 * of six rounds over the next power of four, walked until a number is below the count.
 */
public final class Permutation {
  private static final int ROUNDS = 6;

  private final long count;
  private final long key;
  private final int half;
  private final long mask;

  /**
   * An order.
   *
   * @param count from 1 to 2^62
   */
  public Permutation(long count, long key) {
    if (count < 1 || count > 1L << 62) {
      throw new IllegalArgumentException("an order of " + count);
    }
    this.count = count;
    this.key = key;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, count - 1));
    this.half = (bits + 1) / 2;
    this.mask = (1L << half) - 1;
  }

  /** The number at a place. */
  public long at(long place) {
    long number = place;
    do {
      number = mixed(number);
    } while (number >= count);
    return number;
  }

  private long mixed(long number) {
    long left = number >>> half;
    long right = number & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (Draws.mix(key + round * 0x9E3779B97F4A7C15L + right) & mask);
      left = right;
      right = next;
    }
    return (left << half) | right;
  }
}

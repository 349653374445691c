package org.spiritlm.interleaving;

import java.nio.charset.StandardCharsets;

/**
 * Random numbers that depend on (seed, epoch, item) alone, on every machine and in every version.
 *
 * <p>The key is {@code m(m(m(seed) ^ epoch) ^ item)} and number i (from 1) is {@code m(key + i *
 * 0x9E3779B97F4A7C15)}, where m is the finalizer of SplitMix64: {@code z ^= z >>> 30; z *=
 * 0xBF58476D1CE4E5B9; z ^= z >>> 27; z *= 0x94D049BB133111EB; z ^= z >>> 31}. Not thread-safe.
 */
public final class Draws {
  private static final long STEP = 0x9E3779B97F4A7C15L;

  private final long key;
  private long count;

  /**
   * The numbers of one item in one epoch.
   *
   * @param item a key as {@link #itemKey} makes it
   */
  public Draws(long seed, long epoch, long item) {
    this.key = mix(mix(mix(seed) ^ epoch) ^ item);
  }

  /** The key of an item: the 64-bit FNV-1a hash of its name in UTF-8. */
  public static long itemKey(String id) {
    long hash = 0xCBF29CE484222325L;
    for (byte value : id.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (value & 0xFF)) * 0x100000001B3L;
    }
    return hash;
  }

  /** SplitMix64's finalizer: a permutation of all 64-bit numbers that mixes every bit. */
  public static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The next 64 random bits. */
  public long next() {
    count++;
    return mix(key + count * STEP);
  }

  /** A whole number from {@code least} to {@code most}, both included. */
  public int between(int least, int most) {
    long range = (long) most - least + 1;
    return (int) (least + (((next() >>> 32) * range) >>> 32));
  }

  /** True as often as false. */
  public boolean coin() {
    return next() < 0;
  }
}

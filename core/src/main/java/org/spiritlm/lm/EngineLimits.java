package org.spiritlm.lm;

import org.spiritlm.torch.InputException;

/**
 * What an {@link Engine} takes on.
 *
 * @param sequences the most answers that are made at once, each beam of a search counting as one
 * @param cacheBytes the most memory of all caches, those kept for later requests among them
 * @param waiting the most answers that wait for their turn; more are refused
 */
public record EngineLimits(int sequences, long cacheBytes, int waiting) {
  private static final EngineLimits STANDARD = new EngineLimits(16, 1L << 30, 64);

  public EngineLimits {
    check("answers made at once", sequences);
    check("bytes of the caches", cacheBytes);
    check("waiting answers", waiting);
  }

  private static void check(String what, long value) {
    if (value < 1) {
      throw new InputException("the most " + what + " must be 1 or more, found " + value);
    }
  }

  /** 16 answers at once, 64 that wait, and 1 GiB. */
  public static EngineLimits standard() {
    return STANDARD;
  }

  /** The same with at most so many answers at once. */
  public EngineLimits withSequences(int count) {
    return new EngineLimits(count, cacheBytes, waiting);
  }

  /** The same with so much memory for caches (bytes). */
  public EngineLimits withCacheBytes(long bytes) {
    return new EngineLimits(sequences, bytes, waiting);
  }

  /** The same with at most so many that wait. */
  public EngineLimits withWaiting(int count) {
    return new EngineLimits(sequences, cacheBytes, count);
  }
}

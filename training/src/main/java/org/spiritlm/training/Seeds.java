package org.spiritlm.training;

import java.util.SplittableRandom;
import org.spiritlm.interleaving.Draws;

/** Random numbers that follow from a run's seed and counters, so that nothing of them is kept. */
public final class Seeds {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Seeds() {}

  /** A seed from a seed and counters. */
  public static long mix(long seed, long... counters) {
    long mixed = Draws.mix(seed + GOLDEN);
    for (long counter : counters) {
      mixed = Draws.mix((mixed ^ Draws.mix(counter + GOLDEN)) + GOLDEN);
    }
    return mixed;
  }

  /** A source of chance from a seed and counters. */
  public static SplittableRandom random(long seed, long... counters) {
    return new SplittableRandom(mix(seed, counters));
  }
}

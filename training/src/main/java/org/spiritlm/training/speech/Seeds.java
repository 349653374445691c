package org.spiritlm.training.speech;

import java.util.SplittableRandom;

/** Random numbers that follow from a run's seed and counters, so that nothing of them is kept. */
final class Seeds {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Seeds() {}

  /** A seed from a seed and counters (the finaliser of SplitMix64, Steele et al. 2014). */
  static long mix(long seed, long... counters) {
    long mixed = finalised(seed + GOLDEN);
    for (long counter : counters) {
      mixed = finalised((mixed ^ finalised(counter + GOLDEN)) + GOLDEN);
    }
    return mixed;
  }

  private static long finalised(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  static SplittableRandom random(long seed, long... counters) {
    return new SplittableRandom(mix(seed, counters));
  }
}

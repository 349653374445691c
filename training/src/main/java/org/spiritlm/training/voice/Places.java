package org.spiritlm.training.voice;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * All places in recordings where a stretch of one length can begin, each as likely as every other
 * when they are drawn.
 */
final class Places {
  private final int[] recordings; // those that are long enough
  private final long[] ends; // the number of places up to the end of each of those

  /**
   * A place.
   *
   * @param recording its number
   * @param from where in it the stretch begins
   */
  record Place(int recording, int from) {}

  /**
   * @param lengths of the recordings
   * @param stretch what a stretch has of that
   */
  Places(int[] lengths, int stretch) {
    int[] found = new int[lengths.length];
    long[] sums = new long[lengths.length];
    int count = 0;
    long places = 0;
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] >= stretch) {
        places += lengths[i] - stretch + 1;
        found[count] = i;
        sums[count++] = places;
      }
    }
    this.recordings = Arrays.copyOf(found, count);
    this.ends = Arrays.copyOf(sums, count);
  }

  /** Recordings that are long enough. */
  int recordings() {
    return recordings.length;
  }

  /** The source of chance of one step: it follows from the seed and the step's number alone. */
  static SplittableRandom random(long seed, long step) {
    long mixed = new SplittableRandom(seed).nextLong() ^ (step * 0x9e3779b97f4a7c15L);
    return new SplittableRandom(mixed);
  }

  /** One of them; there must be one. */
  Place draw(SplittableRandom random) {
    long place = random.nextLong(ends[ends.length - 1]);
    int found = Arrays.binarySearch(ends, place + 1);
    int at = found < 0 ? -found - 1 : found;
    return new Place(recordings[at], (int) (place - (at == 0 ? 0 : ends[at - 1])));
  }
}

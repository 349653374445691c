package org.spiritlm.training.voice;

import java.util.Arrays;

/**
 * Deduplicated utterances of any lengths, and how long each unit lasts.
 *
 * @param units of each item, no two neighbours equal
 * @param frames how many of each unit there were
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
record DurationBatch(int[][] units, int[][] frames) {
  /** Deduplicates units at their full rate. */
  static DurationBatch of(int[][] repeated) {
    int[][] units = new int[repeated.length][];
    int[][] frames = new int[repeated.length][];
    for (int item = 0; item < repeated.length; item++) {
      int runs = 0;
      int[] all = repeated[item];
      int[] unit = new int[all.length];
      int[] count = new int[all.length];
      for (int i = 0; i < all.length; i++) {
        if (i == 0 || all[i] != all[i - 1]) {
          unit[runs++] = all[i];
        }
        count[runs - 1]++;
      }
      units[item] = Arrays.copyOf(unit, runs);
      frames[item] = Arrays.copyOf(count, runs);
    }
    return new DurationBatch(units, frames);
  }

  /** The longest item's units. */
  int longest() {
    int longest = 0;
    for (int[] item : units) {
      longest = Math.max(longest, item.length);
    }
    return longest;
  }
}

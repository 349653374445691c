package org.spiritlm.training.voice;

import org.jspecify.annotations.Nullable;

/**
 * Stretches of one length as the generator takes them, one entry of each stream a frame.
 *
 * @param units of each item
 * @param pitch pitch codes of each, or null where the vocoder takes none
 * @param styleTokens style tokens of each, or null where the vocoder takes none
 * @param speakers the number of each item's speaker
 * @param styles the number of each item's style of speaking
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
record FrameBatch(
    int[][] units,
    int @Nullable [][] pitch,
    int @Nullable [][] styleTokens,
    int[] speakers,
    int[] styles) {
  /** Items. */
  int count() {
    return units.length;
  }

  /** Frames of each. */
  int frames() {
    return units[0].length;
  }
}

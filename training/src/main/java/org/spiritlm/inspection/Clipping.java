package org.spiritlm.inspection;

/**
 * Whether a recording was too loud for its format: several samples in a row at the end of the
 * range. Fed chunk by chunk.
 */
final class Clipping {
  /** Amplitude from which a sample is at the end of its range. */
  private static final float FULL = 0.999f;

  /** A single peak may touch the end; a flat one was cut off. */
  private static final int IN_A_ROW = 3;

  private int run;
  private boolean found;

  void add(float[] samples) {
    for (float sample : samples) {
      run = Math.abs(sample) >= FULL ? run + 1 : 0;
      found |= run >= IN_A_ROW;
    }
  }

  boolean found() {
    return found;
  }
}

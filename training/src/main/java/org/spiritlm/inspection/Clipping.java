package org.spiritlm.inspection;

import java.util.Arrays;
import org.spiritlm.audio.AudioReader;

/**
 * Whether a recording was too loud for its format: several samples of a channel in a row at the end
 * of the range, as the file has them. At another rate or mixed with another channel they would not
 * be there any more. Fed chunk by chunk.
 */
final class Clipping implements AudioReader.Listener {
  /** Amplitude from which a sample is at the end of its range. */
  private static final float FULL = 0.999f;

  /** A single peak may touch the end; a flat one was cut off. */
  private static final int IN_A_ROW = 3;

  private int[] runs = {};
  private boolean found;

  @Override
  public void accept(int channel, float[] samples) {
    if (channel >= runs.length) {
      runs = Arrays.copyOf(runs, channel + 1);
    }
    for (float sample : samples) {
      runs[channel] = Math.abs(sample) >= FULL ? runs[channel] + 1 : 0;
      found |= runs[channel] >= IN_A_ROW;
    }
  }

  boolean found() {
    return found;
  }
}

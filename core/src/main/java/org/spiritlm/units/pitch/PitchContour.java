package org.spiritlm.units.pitch;

/**
 * Fundamental frequency over time, one value each {@value #HOP} samples (200 Hz).
 *
 * @param hertz frequency (Hz), interpolated where unvoiced; all zeros where nothing is voiced
 * @param voiced whether a frame has a voice of its own
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
public record PitchContour(float[] hertz, boolean[] voiced) {
  /** Samples from one frame to the next at 16 kHz. */
  public static final int HOP = 80;

  public PitchContour {
    if (hertz.length != voiced.length) {
      throw new IllegalArgumentException(
          hertz.length + " frequencies but " + voiced.length + " voicing flags");
    }
  }

  /** Number of frames of an audio of this length at 16 kHz. */
  public static int frames(int samples) {
    return samples / HOP + 1;
  }
}

package org.spiritlm.audio;

/**
 * One channel of sound.
 *
 * @param samples amplitudes, nominally in [-1, 1]
 * @param sampleRate samples per second (Hz)
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of samples are not copied
public record Audio(float[] samples, int sampleRate) {

  /** Length in seconds. */
  public double seconds() {
    return (double) samples.length / sampleRate;
  }
}

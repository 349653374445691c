package org.spiritlm.audio;

/**
 * One channel of sound.
 *
 * @param samples amplitudes, nominally in [-1, 1]
 * @param sampleRate samples per second (Hz)
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes of samples are not copied
public record Audio(float[] samples, int sampleRate) {
  /** The rate of speech wherever it meets a model (Hz). */
  public static final int SPEECH_RATE = 16_000;

  /** Length in seconds. */
  public double seconds() {
    return (double) samples.length / sampleRate;
  }
}

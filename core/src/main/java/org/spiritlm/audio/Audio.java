package org.spiritlm.audio;

import org.spiritlm.torch.InputException;

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

  /**
   * Refuses a sample that is not a finite number: it would make whole stretches of a model's output
   * meaningless without a word.
   *
   * @param samples a part of an audio
   * @param first the place of the part's first sample in the whole audio, for the message
   * @param sampleRate samples per second (Hz), for the message
   * @throws InputException if there is one
   */
  public static void requireFinite(float[] samples, long first, int sampleRate) {
    for (int i = 0; i < samples.length; i++) {
      if (!Float.isFinite(samples[i])) {
        throw new InputException(
            "audio sample "
                + (first + i)
                + " (at "
                + (double) (first + i) / sampleRate
                + " s) is "
                + samples[i]
                + ", expected a finite number; repair or convert the audio");
      }
    }
  }
}

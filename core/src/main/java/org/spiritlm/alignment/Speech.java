package org.spiritlm.alignment;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;

/**
 * Samples of one recording as a model is shown them, read forwards piece by piece.
 *
 * <p>Where a model wants them with mean 0 and variance 1, these are of the whole recording.
 */
final class Speech implements AutoCloseable {
  private final AudioReader reader;
  private float[] buffer = new float[0];
  private int count;
  private long start; // of the buffer in the recording
  private boolean ended;
  private double mean;
  private double scale = 1;

  Speech(AudioReader reader) {
    this.reader = reader;
  }

  /**
   * Opens a recording that is to be read with mean 0 and variance 1, for which it is read once.
   *
   * @param epsilon added to the variance
   */
  static Speech standardised(SpeechSource source, double epsilon) {
    long count = 0;
    double sum = 0;
    double squares = 0;
    try (AudioReader reader = source.open()) {
      for (Audio piece : reader) {
        for (float sample : piece.samples()) {
          sum += sample;
          squares += (double) sample * sample;
        }
        count += piece.samples().length;
      }
    }
    Speech speech = new Speech(source.open());
    if (count > 0) {
      speech.mean = sum / count;
      double variance = Math.max(0, squares / count - speech.mean * speech.mean);
      speech.scale = 1 / Math.sqrt(variance + epsilon);
    }
    return speech;
  }

  /**
   * Reads on to this sample, and says whether the recording ends before it.
   *
   * @throws org.spiritlm.torch.InputException if the audio is damaged
   */
  boolean endsBefore(long sample) {
    while (!ended && start + count < sample) {
      @Nullable Audio piece = reader.next();
      ended = piece == null;
      if (piece != null) {
        append(piece.samples());
      }
    }
    return start + count < sample;
  }

  /**
   * The samples from one place to another, or to the end of the recording; what lies before them
   * cannot be read any more.
   *
   * @throws org.spiritlm.torch.InputException if the audio is damaged
   */
  float[] read(long from, long to) {
    boolean whole = !endsBefore(to);
    drop(Math.toIntExact(from - start));
    float[] samples = Arrays.copyOf(buffer, whole ? Math.toIntExact(to - from) : count);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) ((samples[i] - mean) * scale);
    }
    return samples;
  }

  private void drop(int samples) {
    System.arraycopy(buffer, samples, buffer, 0, count - samples);
    count -= samples;
    start += samples;
  }

  private void append(float[] samples) {
    if (count + samples.length > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(count + samples.length, 2 * buffer.length));
    }
    System.arraycopy(samples, 0, buffer, count, samples.length);
    count += samples.length;
  }

  /** Samples read so far, dropped ones included: of the whole recording where it has ended. */
  long length() {
    return start + count;
  }

  @Override
  public void close() {
    reader.close();
  }
}

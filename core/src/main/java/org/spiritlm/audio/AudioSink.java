package org.spiritlm.audio;

import java.io.IOException;

/** Takes one channel of audio as it comes, in some format. Close it. Not thread-safe. */
public interface AudioSink extends AutoCloseable {
  /**
   * Adds samples.
   *
   * @throws IllegalArgumentException if one is not a finite number
   * @throws IOException if they cannot be written
   */
  void write(float[] samples) throws IOException;

  /**
   * Ends the audio; nothing can be added after that.
   *
   * @throws IOException if what is left cannot be written
   */
  void finish() throws IOException;

  @Override
  void close() throws IOException;
}

package org.spiritlm.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.torch.InputException;

/**
 * Writes audio as it comes to a WAV file, or to standard output where that is named {@code -}. A
 * file has its name when all of it is there, and is thrown away without {@link #finish}.
 */
final class WavSink implements Consumer<Audio>, AutoCloseable {
  private static final Path STANDARD_OUTPUT = Path.of("-");

  private final Path path;
  private final Console console;
  private @Nullable AudioWriter writer; // from the first chunk on, which tells the rate
  private int sampleRate;

  WavSink(Path path, Console console) {
    this.path = path;
    this.console = console;
  }

  /**
   * An audio file.
   *
   * @param samples how many there are
   * @param sampleRate of the file (Hz)
   */
  record Written(Path path, long samples, int sampleRate) {
    double seconds() {
      return (double) samples / sampleRate;
    }
  }

  /** Whether this is the name of standard output. */
  static boolean isStandardOutput(@Nullable Path path) {
    return STANDARD_OUTPUT.equals(path);
  }

  /**
   * Writes a chunk.
   *
   * @throws InputException if it cannot be written
   */
  @Override
  public void accept(Audio chunk) {
    try {
      if (writer == null) {
        sampleRate = chunk.sampleRate();
        writer =
            isStandardOutput(path)
                ? AudioWriter.stream(console.bytes(), sampleRate, AudioWriter.Encoding.PCM16)
                : AudioWriter.open(path, sampleRate, AudioWriter.Encoding.PCM16);
      }
      writer.write(chunk.samples());
    } catch (IOException e) {
      throw OutputFiles.unwritable(path, e);
    }
  }

  /**
   * Ends the audio.
   *
   * @return what was written, or null if nothing came
   * @throws InputException if it cannot be written
   */
  @Nullable Written finish() {
    if (writer == null) {
      return null;
    }
    try {
      writer.finish();
      return new Written(path, writer.samples(), sampleRate);
    } catch (IOException e) {
      throw OutputFiles.unwritable(path, e);
    }
  }

  @Override
  public void close() {
    if (writer != null) {
      try {
        writer.close();
      } catch (IOException e) {
        throw OutputFiles.unwritable(path, e);
      }
    }
  }
}

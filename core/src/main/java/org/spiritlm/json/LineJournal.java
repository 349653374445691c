package org.spiritlm.json;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.spiritlm.torch.InputException;

/**
 * A file of lines to which work adds what it has done, so that it goes on there when it was killed.
 *
 * <p>While it is open no other process can open it. Half a line at the end, which a kill leaves, is
 * dropped. Failures to read or write are {@link UncheckedIOException}s.
 */
public final class LineJournal implements AutoCloseable {
  private final FileChannel channel;

  /** Takes a line of the journal as it was left. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Whether the work may go on behind this line; what follows the last such line is dropped.
     *
     * @param number of the line, counted from 1
     */
    boolean read(String line, int number);
  }

  private LineJournal(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens a journal, which is made where it is not there, and goes to where work goes on.
   *
   * @param first the line that a new journal begins with
   * @param taken what is said where another process has it
   * @param reader takes all lines; what it throws leaves the file as it is
   * @throws InputException if another process has it
   */
  public static LineJournal open(Path file, String first, String taken, Reader reader) {
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        if (!isLocked(channel)) {
          throw new InputException(taken);
        }
        LineJournal journal = new LineJournal(channel);
        journal.resume(first, reader);
        return journal;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) { // another thread of this process
      return false;
    }
  }

  /** The channel is read, for closing a stream of its own would unlock the file. */
  private void resume(String first, Reader reader) throws IOException {
    InputStream stream = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long at = 0;
    long end = 0;
    int number = 0;
    for (int value = stream.read(); value >= 0; value = stream.read()) {
      at++;
      if (value != '\n') {
        line.write(value);
        continue;
      }
      number++;
      if (reader.read(line.toString(StandardCharsets.UTF_8), number)) {
        end = at;
      }
      line.reset();
    }
    channel.truncate(end);
    channel.position(end);
    if (end == 0) {
      write(first + "\n");
    }
  }

  /** Adds whole lines, each with its end. */
  public void write(String lines) {
    ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * All lines from the first on; nothing can be added afterwards. Not to be closed.
   *
   * @throws IOException if it cannot be read
   */
  public BufferedReader reread() throws IOException {
    channel.position(0);
    return new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package org.spiritlm.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Keeps other processes, and other threads of this one, from working in the same directory. It ends
 * with the process, however that ends.
 */
public final class DirectoryLock implements AutoCloseable {
  private static final String FILE = "lock";

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes a directory, which is made where it is not there.
   *
   * @param taken what is said where another has it
   * @throws InputException if another has it
   * @throws UncheckedIOException if it cannot be written
   */
  public static DirectoryLock take(Path directory, String taken) {
    DirectoryLock lock = tryTake(directory);
    if (lock == null) {
      throw new InputException(directory + ": " + taken);
    }
    return lock;
  }

  /**
   * Takes a directory, which is made where it is not there; null where another has it.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public static @Nullable DirectoryLock tryTake(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isLocked(channel)) {
        return new DirectoryLock(channel);
      }
      channel.close();
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) { // another thread of this process
      return false;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
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

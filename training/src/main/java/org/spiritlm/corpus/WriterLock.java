package org.spiritlm.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Keeps other processes, and other threads of this one, from writing the same. It is a file that is
 * locked, which ends with the process, however that ends; the file goes when the lock is given
 * back.
 */
public final class WriterLock implements AutoCloseable {
  /** Those of this process: to close a file that is locked unlocks it, whoever opened it. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;

  private WriterLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock of a file or directory, which is a file beside it: {@code .NAME.lock}.
   *
   * @throws InputException if another has it
   * @throws UncheckedIOException if it cannot be written
   */
  public static WriterLock of(Path output) {
    Path place = output.toAbsolutePath().normalize();
    return take(
        place.resolveSibling("." + place.getFileName() + ".lock"),
        output + ": another process is writing it; wait for that one, or give -o another name");
  }

  /**
   * Takes a lock.
   *
   * @param file that is made; its directory, too, where there is none
   * @param taken what is said where another has it
   * @throws InputException if another has it
   * @throws UncheckedIOException if it cannot be written
   */
  public static WriterLock take(Path file, String taken) {
    WriterLock lock = tryTake(file);
    if (lock == null) {
      throw new InputException(taken);
    }
    return lock;
  }

  /**
   * Takes a lock; null where another has it.
   *
   * @param file that is made; its directory, too, where there is none
   * @throws UncheckedIOException if it cannot be written
   */
  public static @Nullable WriterLock tryTake(Path file) {
    Path place = file.toAbsolutePath().normalize();
    if (!HELD.add(place)) {
      return null;
    }
    @Nullable FileChannel channel = null;
    try {
      Path directory = place.getParent();
      if (directory != null && !Files.exists(directory)) {
        Files.createDirectories(directory);
      }
      channel = lock(place);
      return channel == null ? null : new WriterLock(place, channel);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (channel == null) {
        HELD.remove(place);
      }
    }
  }

  /** The locked file, or null where another has it. */
  private static @Nullable FileChannel lock(Path file) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean kept = false;
      try {
        if (channel.tryLock() == null) {
          return null;
        }
        if (channel.size() == 0) { // else its owner removed it before this one could lock it
          kept = true;
          return channel;
        }
      } catch (OverlappingFileLockException e) { // by another name of the same file
        return null;
      } finally {
        if (!kept) {
          channel.close();
        }
      }
    }
  }

  /** Whether it still holds. */
  public boolean isValid() {
    return channel.isOpen();
  }

  @Override
  public void close() {
    try (channel) {
      Files.deleteIfExists(file);
      channel.write(ByteBuffer.allocate(1)); // for those who opened it before
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      HELD.remove(file);
    }
  }
}

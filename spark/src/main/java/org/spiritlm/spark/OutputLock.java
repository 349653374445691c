package org.spiritlm.spark;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Keeps a second job off an output directory.
 *
 * <p>In the local file system the operating system holds the lock and frees it when the process
 * ends, however that may be. Elsewhere it is a file that is renewed all the time; one that is not
 * renewed any more belongs to a job that was killed.
 */
final class OutputLock implements AutoCloseable {
  private static final String NAME = "lock";

  /** How often the file is renewed (seconds). */
  private static final int RENEWED_SECONDS = 10;

  /** After this the owner of a file that is not renewed counts as killed (seconds). */
  private static final int DEAD_SECONDS = 60;

  private final Release release;

  private OutputLock(Release release) {
    this.release = release;
  }

  private interface Release {
    void run() throws IOException;
  }

  /**
   * Takes the lock.
   *
   * @throws InputException if another job has it
   */
  static OutputLock take(Storage storage, OutputDirectory output) throws IOException {
    Path lock = new Path(output.own(), NAME);
    return Storage.isLocal(lock)
        ? takeLocal(output, Storage.local(lock))
        : takeFile(storage, output, lock);
  }

  private static OutputLock takeLocal(OutputDirectory output, java.nio.file.Path file)
      throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // another job of this process has it
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    if (lock == null) {
      throw taken(output, "");
    }
    return new OutputLock(channel::close);
  }

  private static OutputLock takeFile(Storage storage, OutputDirectory output, Path lock)
      throws IOException {
    FileSystem files = storage.of(lock);
    String owner = UUID.randomUUID().toString();
    if (!create(files, lock, owner)) {
      long renewed = files.getFileStatus(lock).getModificationTime();
      if (now(files, output, owner) - renewed < TimeUnit.SECONDS.toMillis(DEAD_SECONDS)) {
        throw taken(
            output, "; if that one was killed, the lock is free " + DEAD_SECONDS + " s later");
      }
      files.delete(lock, false);
      if (!create(files, lock, owner)) {
        throw taken(output, "");
      }
    }
    ScheduledExecutorService renewing =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "output-lock");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        renewing.scheduleAtFixedRate(
            () -> renew(files, lock, owner), RENEWED_SECONDS, RENEWED_SECONDS, TimeUnit.SECONDS);
    return new OutputLock(
        () -> {
          renewing.shutdownNow();
          files.delete(lock, false);
        });
  }

  private static boolean create(FileSystem files, Path lock, String owner) throws IOException {
    try (FSDataOutputStream out = files.create(lock, false)) {
      out.write(owner.getBytes(StandardCharsets.UTF_8));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      if (files.exists(lock)) { // file systems differ in what they throw
        return false;
      }
      throw e;
    }
  }

  /** The file system's own time, which need not be this machine's. */
  private static long now(FileSystem files, OutputDirectory output, String owner)
      throws IOException {
    Path probe = new Path(output.own(), "time-" + owner);
    files.create(probe, true).close();
    try {
      return files.getFileStatus(probe).getModificationTime();
    } finally {
      files.delete(probe, false);
    }
  }

  private static void renew(FileSystem files, Path lock, String owner) {
    try (FSDataOutputStream out = files.create(lock, true)) {
      out.write(owner.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The next time may succeed; if none does, writing the output fails as well.
    }
  }

  private static InputException taken(OutputDirectory output, String hint) {
    return new InputException(
        Storage.shown(output.path())
            + ": another prepare is writing there; wait for it, or give -o another directory"
            + hint);
  }

  @Override
  public void close() throws IOException {
    release.run();
  }
}

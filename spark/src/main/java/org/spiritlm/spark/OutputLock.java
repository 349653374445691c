package org.spiritlm.spark;

import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.torch.InputException;

/**
 * Keeps a second job off an output directory.
 *
 * <p>In the local file system the operating system holds the lock and frees it when the process
 * ends, however that may be. Elsewhere each job has a file in a directory, which it renews all the
 * time, and goes on only where no other's is there; one that is not renewed any more belongs to a
 * job that was killed. That is safe where a file is listed as soon as it is closed, as in HDFS, S3,
 * Google's and Azure's stores.
 */
final class OutputLock implements AutoCloseable {
  private static final String NAME = "lock";
  private static final String CLAIMS = "claims";

  /** How often a claim is renewed (seconds). */
  private static final int RENEWED_SECONDS = 10;

  /** After this the owner of a claim that is not renewed counts as killed (seconds). */
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
        : takeClaim(storage.of(lock), output, new Path(output.own(), CLAIMS));
  }

  private static OutputLock takeLocal(OutputDirectory output, java.nio.file.Path file) {
    WriterLock lock = WriterLock.tryTake(file);
    if (lock == null) {
      throw taken(output, "");
    }
    return new OutputLock(lock::close);
  }

  /**
   * Says that it is here, then looks whether others are. Of two jobs the one that looks last sees
   * the other, whichever said so first; where each sees the other, neither goes on.
   */
  private static OutputLock takeClaim(FileSystem files, OutputDirectory output, Path claims)
      throws IOException {
    Path own = new Path(claims, UUID.randomUUID().toString());
    files.mkdirs(claims);
    files.create(own, true).close();
    // the file system's own time, which need not be this machine's
    long dead =
        files.getFileStatus(own).getModificationTime() - TimeUnit.SECONDS.toMillis(DEAD_SECONDS);
    for (FileStatus claim : files.listStatus(claims)) {
      if (claim.getPath().getName().equals(own.getName())) {
        continue;
      }
      if (claim.getModificationTime() > dead) {
        files.delete(own, false);
        throw taken(
            output, "; if that one was killed, the lock is free " + DEAD_SECONDS + " s later");
      }
      files.delete(claim.getPath(), false);
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
            () -> renew(files, own), RENEWED_SECONDS, RENEWED_SECONDS, TimeUnit.SECONDS);
    return new OutputLock(
        () -> {
          stop(renewing); // what renews after the claim is gone would leave it behind
          files.delete(own, false);
        });
  }

  private static void stop(ExecutorService work) {
    work.shutdown();
    try {
      if (!work.awaitTermination(RENEWED_SECONDS, TimeUnit.SECONDS)) {
        work.shutdownNow();
      }
    } catch (InterruptedException e) {
      work.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private static void renew(FileSystem files, Path own) {
    try {
      files.create(own, true).close();
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

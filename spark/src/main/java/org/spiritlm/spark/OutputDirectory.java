package org.spiritlm.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.spiritlm.torch.InputException;

/**
 * Where a preparation writes: the tables {@code units} and {@code quarantine}, {@code
 * summary.json}, and in {@code _prepare}, which readers of tables pass over, what it needs itself.
 */
final class OutputDirectory implements Serializable {
  private static final long serialVersionUID = 1;

  private static final String OWN = "_prepare";

  private final Storage storage;
  private final String name;

  OutputDirectory(Storage storage, Path directory) {
    this.storage = storage;
    this.name = directory.toString();
  }

  /** The directory itself. */
  Path path() {
    return new Path(name);
  }

  /** A bucket's utterances. */
  Path units(Bucket bucket) {
    return new Path(units(), bucket.fileName());
  }

  /** What of a bucket could not be used. */
  Path quarantine(Bucket bucket) {
    return new Path(quarantine(), bucket.fileName());
  }

  Path units() {
    return new Path(path(), "units");
  }

  Path quarantine() {
    return new Path(path(), "quarantine");
  }

  Path summary() {
    return new Path(path(), "summary.json");
  }

  /** What the files that are there were made from. */
  Path job() {
    return new Path(own(), "job.json");
  }

  Path own() {
    return new Path(path(), OWN);
  }

  /** Files that are not whole. */
  Path temporary() {
    return new Path(own(), "temporary");
  }

  /**
   * Makes the directory where there is none.
   *
   * @throws InputException if it holds something else, or cannot be made
   */
  void claim() {
    try {
      FileSystem files = storage.of(path());
      if (files.exists(path()) && !files.getFileStatus(path()).isDirectory()) {
        throw new InputException(Storage.shown(path()) + " is a file; give -o a directory");
      }
      if (files.exists(path()) && !files.exists(own()) && files.listStatus(path()).length > 0) {
        throw new InputException(
            Storage.shown(path())
                + " holds something that prepare did not make; give -o another directory");
      }
      if (!files.mkdirs(own())) {
        throw new IOException("permission denied, or a directory above it is a file");
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot write to the directory " + Storage.shown(path()) + ": " + e.getMessage(), e);
    }
  }

  /** Removes what was made. */
  void clear() throws IOException {
    FileSystem files = storage.of(path());
    removeSummary();
    files.delete(job(), false);
    files.delete(units(), true);
    files.delete(quarantine(), true);
    removeTemporary();
  }

  /** Removes the summary, which stands there as long as everything does. */
  void removeSummary() throws IOException {
    storage.of(summary()).delete(summary(), false);
  }

  /** Makes the tables' directories: where one is missing, nothing is renamed into it. */
  void makeTables() throws IOException {
    FileSystem files = storage.of(path());
    if (!files.mkdirs(units()) || !files.mkdirs(quarantine())) {
      throw new IOException("cannot make directories in " + Storage.shown(path()));
    }
  }

  /** Removes what killed tasks left. */
  void removeTemporary() throws IOException {
    storage.of(path()).delete(temporary(), true);
  }

  /** Writes a text, whole or not at all. */
  void write(Path file, String text) throws IOException {
    Path beside = new Path(temporary(), file.getName());
    FileSystem files = storage.of(file);
    try (FSDataOutputStream out = files.create(beside, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    if (!Storage.isLocal(file)) {
      files.delete(file, false); // elsewhere nothing is renamed onto a file that is there
    }
    storage.move(beside, file);
  }
}

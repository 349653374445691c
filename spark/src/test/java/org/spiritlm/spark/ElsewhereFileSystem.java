package org.spiritlm.spark;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A file system that is not the local one: {@code elsewhere://node:8020/a} lies in {@code a} of a
 * directory, where only Hadoop's interface finds it.
 */
public final class ElsewhereFileSystem extends RawLocalFileSystem {
  /** The directory that is its root; system property. */
  static final String ROOT = "elsewhere.root";

  /** Names of the files that were read. */
  static final Set<String> READ = ConcurrentHashMap.newKeySet();

  /** Part of the names of files that cannot be written, as on a full disk. */
  static volatile String full = "none is";

  @Override
  public URI getUri() {
    return URI.create("elsewhere://node:8020");
  }

  @Override
  public String getScheme() {
    return "elsewhere";
  }

  @Override
  public File pathToFile(Path path) {
    String inside = path.isAbsolute() ? path.toUri().getPath().substring(1) : path.toString();
    return new File(System.getProperty(ROOT), inside);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    FileStatus status = super.getFileStatus(path);
    status.setPath(makeQualified(path)); // not where the file lies
    return status;
  }

  @Override
  public FSDataInputStream open(Path path, int buffer) throws IOException {
    READ.add(path.getName());
    return super.open(path, buffer);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    refuseIfFull(path);
    return super.create(path, permission, overwrite, buffer, replication, block, progress);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int buffer,
      short replication,
      long block,
      Progressable progress)
      throws IOException {
    refuseIfFull(path);
    return super.create(path, overwrite, buffer, replication, block, progress);
  }

  /** As in S3: nothing is renamed onto a file that is there, and that is an error. */
  @Override
  public boolean rename(Path from, Path to) throws IOException {
    if (exists(to)) {
      throw new FileAlreadyExistsException("Failed to rename " + from + ": destination exists");
    }
    return super.rename(from, to);
  }

  private static void refuseIfFull(Path path) throws IOException {
    if (path.getName().contains(full)) {
      throw new IOException("No space left on device");
    }
  }
}

package org.spiritlm.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.spark.util.SerializableConfiguration;
import org.spiritlm.corpus.UtteranceAudio;
import org.spiritlm.torch.InputException;

/** Hadoop's file systems, with their configuration, on the driver and on executors. */
final class Storage implements Serializable {
  private static final long serialVersionUID = 1;

  private final SerializableConfiguration configuration;

  Storage(org.apache.hadoop.conf.Configuration configuration) {
    this.configuration = new SerializableConfiguration(configuration);
  }

  /**
   * The place that a name means: a URI, or a path of this machine.
   *
   * @throws InputException if it is neither
   */
  static Path path(String name) {
    if (name.isBlank()) {
      throw new InputException("the name of a file or directory is empty");
    }
    try {
      if (UtteranceAudio.isUri(name)) {
        return new Path(name);
      }
      return new Path(java.nio.file.Path.of(name).toAbsolutePath().normalize().toUri());
    } catch (IllegalArgumentException e) { // also of paths that cannot be
      throw new InputException("'" + name + "' is no path: " + e.getMessage(), e);
    }
  }

  /** Whether a place is in this machine's own file system. */
  static boolean isLocal(Path path) {
    String scheme = path.toUri().getScheme();
    return scheme == null || scheme.toLowerCase(Locale.ROOT).equals("file");
  }

  /** The local path of a place in this machine's own file system. */
  static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  /** A place as people write it. */
  static String shown(Path path) {
    return isLocal(path) ? local(path).toString() : path.toString();
  }

  /**
   * The file system of a place.
   *
   * @throws InputException if there is none for its scheme
   */
  FileSystem of(Path path) throws IOException {
    try {
      URI uri = new URI(path.toUri().getScheme(), path.toUri().getAuthority(), "/", null, null);
      FileSystem system = FileSystem.get(uri, configuration.value());
      if (system instanceof LocalFileSystem local) {
        local.setWriteChecksum(false); // files beside the file, which no rename takes along
        local.setVerifyChecksum(false);
      }
      return system;
    } catch (UnsupportedFileSystemException e) {
      throw new InputException(
          path + ": this file system is not known here; put its jars on the class path", e);
    } catch (URISyntaxException e) {
      throw new InputException(path + " is no URI: " + e.getMessage(), e);
    }
  }

  org.apache.hadoop.conf.Configuration configuration() {
    return configuration.value();
  }

  /** The names of what is in a directory. */
  Set<String> names(Path directory) throws IOException {
    Set<String> names = new HashSet<>();
    for (FileStatus each : of(directory).listStatus(directory)) {
      names.add(each.getPath().getName());
    }
    return names;
  }

  /**
   * Moves a file to its place, where one with the same content may have come meanwhile.
   *
   * @throws IOException if it is not there afterwards
   */
  void move(Path from, Path to) throws IOException {
    FileSystem files = of(to);
    if (!renames(files, from, to)) {
      if (!files.exists(to)) {
        throw new IOException(shown(from) + " cannot be moved to " + shown(to));
      }
      files.delete(from, false);
    }
  }

  /** Whether a file was renamed: what is there already, some say so and others throw (S3). */
  private static boolean renames(FileSystem files, Path from, Path to) throws IOException {
    try {
      return files.rename(from, to);
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** Does something with files, the error for the user where it fails. */
  static <T> T asked(Path place, Work<T> work) {
    try {
      return work.run();
    } catch (FileNotFoundException e) {
      throw new InputException(shown(place) + ": no such file or directory", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Something that reads or writes. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }
}

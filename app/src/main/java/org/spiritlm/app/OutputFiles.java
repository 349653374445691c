package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.spiritlm.torch.InputException;

/** Files that a command leaves: nothing is replaced unasked, and nothing half-written stays. */
final class OutputFiles {
  private OutputFiles() {}

  /** Writes a file's content. */
  interface Content {
    void writeTo(Path file) throws IOException;
  }

  /**
   * Says before the work begins whether a file may be written afterwards.
   *
   * @throws InputException if it exists and may not be replaced, or it, or its directory where it
   *     is no device, cannot be written
   */
  static void claim(Path file, boolean force) {
    if (Files.isDirectory(file)) {
      throw new InputException(file + " is a directory; give the name of a file");
    }
    if (isDevice(file)) { // written to where it is
      if (!Files.isWritable(file)) {
        throw forbidden(file);
      }
      return;
    }
    if (!force && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(file + " exists already; add --force to replace it");
    }
    Path directory = parent(file);
    if (!Files.isDirectory(directory)) {
      throw new InputException(
          "cannot write " + file + ": the directory " + directory + " does not exist");
    }
    if (!Files.isWritable(directory) || (Files.exists(file) && !Files.isWritable(file))) {
      throw forbidden(file);
    }
  }

  private static InputException forbidden(Path file) {
    return new InputException("cannot write " + file + ": permission denied");
  }

  /** Whether this is a device or a pipe, which what is written does not replace. */
  private static boolean isDevice(Path file) {
    return Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file);
  }

  /**
   * Says before the work begins whether files may be written to a directory afterwards, which need
   * not be there yet.
   *
   * @throws InputException if they cannot
   */
  static void claimDirectory(Path directory) {
    Path there = directory.toAbsolutePath().normalize();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new InputException(
          "cannot write to the directory " + directory + ": " + there + " is a file");
    }
    if (!Files.isWritable(there)) {
      throw new InputException(
          "cannot write to the directory " + directory + ": permission denied");
    }
  }

  /** Makes a directory for output where there is none. */
  static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to the directory " + directory + ": " + reason(directory, e), e);
    }
  }

  /** What is said where a file cannot be written. */
  static InputException unwritable(Path file, IOException e) {
    return new InputException("cannot write " + file + ": " + reason(file, e), e);
  }

  /** Writes a file beside its place and moves it there, so that an interruption leaves no half. */
  static void write(Path file, boolean force, Content content) {
    claim(file, force);
    if (isDevice(file)) {
      writeInPlace(file, content);
      return;
    }
    // of this process alone: another one may be writing the same
    String unique = "." + ProcessHandle.current().pid() + ".part";
    Path beside = parent(file).resolve("." + file.getFileName() + unique);
    try {
      content.writeTo(beside);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new InputException("cannot write " + file + ": " + reason(beside, e), e);
    } finally {
      delete(beside);
    }
  }

  private static void writeInPlace(Path file, Content content) {
    try {
      content.writeTo(file);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static String reason(Path file, IOException e) {
    String message = String.valueOf(Mistakes.explain(e));
    String prefix = file + ": ";
    return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path parent(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }
}

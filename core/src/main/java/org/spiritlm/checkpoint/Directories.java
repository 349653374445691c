package org.spiritlm.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.InputException;

/** Directories that are written whole or not at all, and what lies in them. */
public final class Directories {
  private static final int BUFFER_BYTES = 1 << 20;

  private Directories() {}

  /** Fills a directory. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path directory) throws IOException;
  }

  /**
   * Fills a directory beside its place and moves it there when it is whole; what an interrupted run
   * left beside is removed first.
   *
   * @throws InputException if it exists and is not empty, or cannot be written
   */
  public static void write(Path target, Content content) {
    Path place = target.toAbsolutePath().normalize();
    Path beside = place.resolveSibling("." + place.getFileName() + ".part");
    try {
      if (Files.exists(place, LinkOption.NOFOLLOW_LINKS) && !isEmptyDirectory(place)) {
        throw new InputException(target + " exists already; remove it or give another name");
      }
      delete(beside);
      Files.createDirectories(beside);
      content.writeTo(beside);
      Files.deleteIfExists(place);
      Files.move(beside, place);
    } catch (IOException e) {
      discard(beside, e);
      throw cannotWrite(target, e);
    } catch (RuntimeException e) {
      discard(beside, e);
      throw e;
    }
  }

  /**
   * Writes a file beside its place and moves it there.
   *
   * @throws UncheckedIOException if it cannot be written; what was there stays
   */
  public static void write(Path file, String text) {
    Path beside = file.resolveSibling("." + file.getFileName() + ".part");
    try {
      Files.writeString(beside, text);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies the files that lie in a directory itself into another one that is there. */
  public static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Moves a whole directory to a place where there is none. */
  public static void move(Path from, Path to) {
    try {
      Files.move(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes a directory with all that is in it, where there is one. */
  public static void remove(Path directory) {
    try {
      delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The error that names what could not be written, and why. */
  public static InputException cannotWrite(Path target, IOException e) {
    return new InputException("cannot write " + target + ": " + reason(e), e);
  }

  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "the directory it lies in does not exist and cannot be made";
    }
    // mostly the system's words: No space left on device
    String reason = e instanceof FileSystemException failure ? failure.getReason() : null;
    return reason != null ? reason : String.valueOf(e.getMessage());
  }

  private static boolean isEmptyDirectory(Path place) throws IOException {
    if (!Files.isDirectory(place)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(place)) {
      return entries.findAny().isEmpty();
    }
  }

  private static void discard(Path beside, Exception cause) {
    try {
      delete(beside);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /**
   * All regular files below a directory, sorted.
   *
   * @throws CheckpointException if it cannot be listed
   */
  static Set<Path> files(Path directory) {
    try (Stream<Path> walk = Files.walk(directory)) {
      return new TreeSet<>(walk.filter(Files::isRegularFile).toList());
    } catch (IOException e) {
      throw new CheckpointException(directory + ": missing or unreadable", e);
    }
  }

  /** The SHA-256 of a file in hexadecimal digits. */
  static String sha256(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}

package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** Tells what the user can change from what is wrong in this program. */
final class Mistakes {
  private static final String GPU_MEMORY = "CUDA out of memory.";

  private Mistakes() {}

  /** One or two lines for the user, or null where the failure is this program's own. */
  static @Nullable String explain(Throwable failure) {
    if (failure instanceof InputException) {
      return failure.getMessage();
    }
    if (failure instanceof InvalidPathException e) {
      return "'"
          + e.getInput()
          + "' is no name of a file here: "
          + e.getReason()
          + " (letters beyond ASCII need a locale that has them, such as LC_ALL=C.UTF-8)";
    }
    if (failure instanceof UncheckedIOException io) {
      return explain(Objects.requireNonNull(io.getCause()));
    }
    if (failure instanceof NoSuchFileException e) {
      return e.getFile() + ": no such file or directory";
    }
    if (failure instanceof AccessDeniedException e) {
      return e.getFile() + ": permission denied";
    }
    if (failure instanceof FileAlreadyExistsException e) {
      return e.getFile() + ": exists already";
    }
    if (failure instanceof NotDirectoryException e) {
      return e.getFile() + ": not a directory";
    }
    if (failure instanceof DirectoryNotEmptyException e) {
      return e.getFile() + ": the directory is not empty";
    }
    if (failure instanceof FileSystemException e) {
      String reason = e.getReason();
      return e.getFile() + ": " + (reason == null ? "cannot be read or written" : reason);
    }
    if (failure instanceof IOException) {
      // Mostly the operating system's words, such as "No space left on device".
      return failure.getMessage();
    }
    String message = String.valueOf(failure.getMessage());
    if (message.startsWith(GPU_MEMORY)) { // libtorch's words, with a trace below
      return message.lines().findFirst().orElseThrow()
          + " Use --device cpu, --dtype bf16, or ask for less at a time.";
    }
    if (failure instanceof OutOfMemoryError) {
      return "out of memory ("
          + message
          + "); give the JVM more with SPIRITLM_JAVA_OPTS=-Xmx4g, or ask for less at a time";
    }
    return null;
  }
}

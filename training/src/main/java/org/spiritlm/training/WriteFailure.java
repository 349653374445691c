package org.spiritlm.training;

import java.io.IOException;
import java.nio.file.Path;
import org.spiritlm.checkpoint.Directories;
import org.spiritlm.torch.InputException;

/** What is said where a file of a run cannot be written, mostly because the disk is full. */
final class WriteFailure {
  private static final String ADVICE =
      "; make room, and the same command goes on from the last checkpoint";

  private WriteFailure() {}

  /** The error that names the file, why it cannot be written, and what to do. */
  static InputException of(Path file, IOException cause) {
    return advised(Directories.cannotWrite(file, cause));
  }

  /** The same of an error that names the file already. */
  static InputException advised(InputException named) {
    return new InputException(named.getMessage() + ADVICE, named);
  }
}

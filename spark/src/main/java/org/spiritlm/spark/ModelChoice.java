package org.spiritlm.spark;

import java.io.Serializable;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.TokenizerChecksum;
import org.spiritlm.torch.InputException;

/**
 * Which model makes the units, so that every executor finds the same.
 *
 * @param directory the same on every machine
 * @param variant {@code base} or {@code expressive} where the directory holds both, else null
 * @param checksum of its tokenizers
 * @param device where they compute, as {@code --device} has it
 */
record ModelChoice(String directory, @Nullable String variant, String checksum, String device)
    implements Serializable {
  /**
   * The model in a directory of this machine.
   *
   * @throws InputException if it is none
   */
  static ModelChoice of(Path directory, @Nullable String variant, String device) {
    ModelDirectory model = ModelDirectory.open(directory, variant);
    return new ModelChoice(directory.toString(), variant, TokenizerChecksum.of(model), device);
  }

  /**
   * Opens it on any machine.
   *
   * @throws InputException if it is not there, or another one is
   */
  ModelDirectory open() {
    ModelDirectory model = ModelDirectory.open(Path.of(directory), variant);
    if (!TokenizerChecksum.of(model).equals(checksum)) {
      throw new InputException(
          directory + ": the model on this machine is another one than where the job was started");
    }
    return model;
  }

  /** How the tables name it. */
  String name() {
    Path name = Path.of(directory).getFileName();
    return name + "@" + checksum.substring(0, 16);
  }
}

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
 * @param units that of its speech tokenizer, see {@link TokenizerChecksum#ofUnits}
 * @param device where they compute, as {@code --device} has it
 */
record ModelChoice(
    String directory, @Nullable String variant, String checksum, String units, String device)
    implements Serializable {
  /**
   * The model in a directory of this machine.
   *
   * @throws InputException if it is none
   */
  static ModelChoice of(Path directory, @Nullable String variant, String device) {
    ModelDirectory model = ModelDirectory.open(directory, variant);
    return new ModelChoice(
        directory.toString(),
        variant,
        TokenizerChecksum.of(model),
        TokenizerChecksum.ofUnits(model),
        device);
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

  /** How a job names it, whose rows have ids of text as well. */
  String name() {
    return directoryName() + "@" + checksum.substring(0, 16);
  }

  /** How the rows name it, whose units other models with the same speech tokenizer may take. */
  String unitsName() {
    return directoryName() + "@" + units;
  }

  private String directoryName() {
    return String.valueOf(Path.of(directory).getFileName());
  }
}

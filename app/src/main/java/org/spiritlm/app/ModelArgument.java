package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model that a command is about, as an argument or by {@code --model}. */
final class ModelArgument {
  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description =
          "A bundled model, a model directory, or Meta's checkpoints (default: $"
              + ModelPlace.CHECKPOINTS
              + ", else the models that come along).")
  @Nullable String argument;

  @Option(names = "--model", paramLabel = "NAME|DIR", description = "The same.")
  @Nullable String model;

  @Mixin VariantOption variant = new VariantOption();

  /**
   * The model's directory.
   *
   * @throws InputException if nothing says which, or there is no such directory
   */
  Path directory() {
    if (argument != null && model != null) {
      throw new InputException("MODEL and --model name two models; give one");
    }
    return variant.find(argument != null ? argument : model);
  }

  /** The variant's name, or null. */
  @Nullable String variant() {
    return variant.name();
  }
}

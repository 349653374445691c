package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** Which of two models is meant. */
final class VariantOption {
  @Option(
      names = "--variant",
      paramLabel = "base|expressive",
      description = "Which model of a directory that holds both, as Meta's does.")
  ModelPlace.@Nullable Variant variant;

  /** Its name, or null. */
  @Nullable String name() {
    return ModelPlace.Variant.name(variant);
  }

  /**
   * The directory of a model.
   *
   * @param model as for {@link ModelPlace#find(String)}
   * @throws InputException if nothing says which, or there is no such directory
   */
  Path find(@Nullable String model) {
    return ModelPlace.find(model, variant);
  }

  /**
   * Opens a model for its vocabulary alone, so wherever it may compute.
   *
   * @throws InputException as {@link #find}, or if it is none
   */
  SpiritLm load(@Nullable String model) {
    return SpiritLm.load(find(model), LoadOptions.standard().withVariant(name()));
  }
}

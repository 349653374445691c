package org.spiritlm.app;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and how it computes. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description =
          "A bundled model, a model directory, or Meta's checkpoints (default: $"
              + ModelPlace.CHECKPOINTS
              + ").")
  @Nullable String model;

  @Option(
      names = "--variant",
      paramLabel = "base|expressive",
      description = "Which model of a directory that holds both, as Meta's does.")
  ModelPlace.@Nullable Variant variant;

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description = "Element type of the language model (default: that of its file).")
  @Nullable ElementType type;

  @Mixin DeviceOptions where = new DeviceOptions();

  /**
   * A model that was opened.
   *
   * @param seconds that this took, libtorch's start included
   */
  record Opened(SpiritLm model, double seconds) {
    /** The same with its tokenizer, which any prompt needs. */
    Opened withTokenizer() {
      long began = System.nanoTime();
      model.vocabulary();
      return new Opened(model, seconds + secondsSince(began));
    }
  }

  /** Whether there is a model: an option or the environment names it, or one comes along. */
  boolean isThere() {
    return model != null || ModelPlace.isStandardThere();
  }

  /**
   * Opens the model; its parts are loaded when they are needed.
   *
   * @throws InputException if nothing says which, it is none, or there is no such device
   */
  Opened open() {
    long began = System.nanoTime();
    Path directory = ModelPlace.find(model);
    LoadOptions options =
        new LoadOptions(ModelPlace.Variant.name(variant), ElementType.dtype(type), where.open());
    SpiritLm opened = SpiritLm.load(directory, options);
    return new Opened(opened, secondsSince(began));
  }

  private static double secondsSince(long began) {
    return (System.nanoTime() - began) / 1e9;
  }
}

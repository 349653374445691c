package org.spiritlm.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
      description =
          "Element type of the language model (default: that of its file; fp32 for small models"
              + " where the processor has no AVX-512).")
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
    SpiritLm opened = SpiritLm.load(directory, load(ModelPlace.Variant.name(variant)));
    return new Opened(opened, secondsSince(began));
  }

  /**
   * Opens the model and others beside it. Where no model is named at all, these are the other
   * bundled ones of {@link ModelPlace#DEFAULTS}.
   *
   * @param others directories or names of bundled models, each of one variant
   * @throws InputException as {@link #open}
   */
  List<SpiritLm> openWith(List<String> others) {
    boolean named = model != null || variant != null || !others.isEmpty();
    List<Path> beside =
        named ? others.stream().map(ModelPlace::find).toList() : ModelPlace.besideStandard();
    List<SpiritLm> all = new ArrayList<>();
    all.add(open().model());
    beside.forEach(directory -> all.add(SpiritLm.load(directory, load(null))));
    return all;
  }

  private LoadOptions load(@Nullable String wanted) {
    return new LoadOptions(wanted, ElementType.dtype(type), where.open());
  }

  private static double secondsSince(long began) {
    return (System.nanoTime() - began) / 1e9;
  }
}

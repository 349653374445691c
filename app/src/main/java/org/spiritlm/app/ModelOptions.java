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
              + ", else the models that come along).")
  @Nullable String model;

  @Mixin VariantOption variant = new VariantOption();

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description =
          "Element type of the language model (default: that of its file; where the processor has"
              + " no AVX-512, fp32 for small models, and for what serve and eval pack).")
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

  /** How the model was chosen, to be put behind a command. */
  String arguments() {
    String kind = variant.name();
    return (model == null ? "" : " --model " + model) + (kind == null ? "" : " --variant " + kind);
  }

  /**
   * Opens the model; its parts are loaded when they are needed.
   *
   * @throws InputException if nothing says which, it is none, or there is no such device
   */
  Opened open() {
    return open(load(variant.name()));
  }

  /** The same for many tokens, see {@link LoadOptions#packed}. */
  Opened openPacked() {
    return open(load(variant.name()).withPacked());
  }

  private Opened open(LoadOptions options) {
    long began = System.nanoTime();
    return new Opened(SpiritLm.load(variant.find(model), options), secondsSince(began));
  }

  /**
   * A model beside others.
   *
   * @param name what it is called: as its directory, and where that holds two, by the variant too
   */
  record Named(String name, SpiritLm model) {
    private static Named of(SpiritLm model, @Nullable String variant) {
      Path directory = model.directory().path().toAbsolutePath().normalize();
      String name = directory.getFileName().toString();
      return new Named(variant == null ? name : name + "-" + variant, model);
    }
  }

  /**
   * Opens the model and others beside it, for many tokens. Where no model is named at all, these
   * are the other bundled ones of {@link ModelPlace#DEFAULTS}.
   *
   * @param others directories or names of bundled models, with {@code :base} or {@code :expressive}
   *     behind where they hold both variants
   * @throws InputException as {@link #open}
   */
  List<Named> openWith(List<String> others) {
    List<Named> all = new ArrayList<>();
    all.add(Named.of(openPacked().model(), null));
    if (model == null && variant.name() == null && others.isEmpty()) {
      ModelPlace.besideStandard().forEach(directory -> all.add(beside(directory, null)));
    }
    for (String other : others) {
      String wanted = ModelPlace.Variant.behind(other);
      String place =
          wanted == null ? other : other.substring(0, other.length() - wanted.length() - 1);
      all.add(beside(ModelPlace.find(place), wanted));
    }
    return all;
  }

  private Named beside(Path directory, @Nullable String wanted) {
    return Named.of(SpiritLm.load(directory, load(wanted).withPacked()), wanted);
  }

  private LoadOptions load(@Nullable String wanted) {
    return LoadOptions.standard()
        .withVariant(wanted)
        .withDtype(ElementType.dtype(type))
        .withDevice(where.open());
  }

  private static double secondsSince(long began) {
    return (System.nanoTime() - began) / 1e9;
  }
}

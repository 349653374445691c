package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** Where models are. */
final class ModelPlace {
  /** The directory of Meta's checkpoints, the model where none is named. */
  static final String CHECKPOINTS = "SPIRITLM_CHECKPOINTS_DIR";

  /**
   * The bundled models that commands take where none is named: the first of these that is there.
   */
  static final List<String> DEFAULTS = List.of("tiny-expressive", "tiny-base");

  private ModelPlace() {}

  /** The two models that Meta's directory holds. */
  enum Variant {
    BASE,
    EXPRESSIVE;

    /** The name of a variant, or null. */
    static @Nullable String name(@Nullable Variant variant) {
      return variant == null ? null : variant.name().toLowerCase(Locale.ROOT);
    }

    /** The variant that is named behind a model and a colon, or null. */
    static @Nullable String behind(String model) {
      return Arrays.stream(values())
          .map(variant -> name(variant))
          .filter(each -> model.endsWith(":" + each))
          .findFirst()
          .orElse(null);
    }
  }

  /**
   * A model's directory.
   *
   * @param model a directory, the name of a bundled model, or null for {@link #CHECKPOINTS}, and
   *     for one of {@link #DEFAULTS} where that is not set
   * @throws InputException if nothing says which, or there is no such directory
   */
  static Path find(@Nullable String model) {
    return find(model, (Variant) null);
  }

  /** The same; where no model is named, one of a variant. */
  static Path find(@Nullable String model, @Nullable Variant variant) {
    return find(model, variant, checkpoints());
  }

  static Path find(
      @Nullable String model, @Nullable Variant variant, @Nullable String checkpoints) {
    String name = model != null ? model : checkpoints;
    if (name == null) {
      String ending = variant == null ? "" : "-" + Variant.name(variant);
      List<Path> standard =
          standard().stream().filter(each -> each.toString().endsWith(ending)).toList();
      if (!standard.isEmpty()) {
        return standard.get(0);
      }
      throw new InputException(
          "no model: give --model NAME|DIR, or set "
              + CHECKPOINTS
              + " to Meta's checkpoints; 'spiritlm init --preset toy -o DIR' makes a small random one");
    }
    if (name.isBlank()) {
      throw new InputException(
          "the model's name is empty; expected a directory or a bundled model");
    }
    Path given = Path.of(name);
    if (Files.isDirectory(given)) {
      return given;
    }
    Path bundled = bundle().resolve(name).normalize();
    if (model != null && bundled.startsWith(bundle()) && Files.isDirectory(bundled)) {
      return bundled;
    }
    if (Files.exists(given)) {
      throw new InputException(
          given + " is a file; expected a model's directory, such as the one that it lies in");
    }
    sayWhatWasReplaced(given.toAbsolutePath().normalize());
    throw new InputException(
        (model != null ? "model '" : CHECKPOINTS + " '")
            + name
            + "' is neither a directory nor a bundled model; bundled here: "
            + (bundled().isEmpty() ? "none" : String.join(", ", bundled())));
  }

  /**
   * Names what a run that was killed has left of a directory that is not there.
   *
   * @throws InputException if there is such a thing
   */
  private static void sayWhatWasReplaced(Path place) {
    try {
      List<Path> last = NewDirectory.replaced(place);
      if (!last.isEmpty()) {
        throw new InputException(
            place
                + " was being replaced when a command was killed; what was there is now "
                + last.get(0)
                + ": rename it, or run that command again");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether there is a model where none is named. */
  static boolean isStandardThere() {
    return checkpoints() != null || !standard().isEmpty();
  }

  /** The bundled models of {@link #DEFAULTS} beside the one that is taken where none is named. */
  static List<Path> besideStandard() {
    return besideStandard(checkpoints());
  }

  static List<Path> besideStandard(@Nullable String checkpoints) {
    return checkpoints != null ? List.of() : standard().stream().skip(1).toList();
  }

  private static List<Path> standard() {
    return DEFAULTS.stream().map(bundle()::resolve).filter(Files::isDirectory).toList();
  }

  private static @Nullable String checkpoints() {
    String name = System.getenv(CHECKPOINTS);
    return name == null || name.isEmpty() ? null : name;
  }

  /** Where this program and what comes with it lies. */
  static Path home() {
    return Path.of(System.getProperty("spiritlm.home", ".")).toAbsolutePath().normalize();
  }

  /** The names of the models that come with the program. */
  private static List<String> bundled() {
    if (!Files.isDirectory(bundle())) {
      return List.of();
    }
    try (Stream<Path> directories = Files.list(bundle())) {
      return directories
          .filter(directory -> Files.isRegularFile(directory.resolve("spiritlm.json")))
          .map(directory -> directory.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path bundle() {
    return home().resolve("models");
  }
}

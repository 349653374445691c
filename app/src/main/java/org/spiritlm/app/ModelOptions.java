package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Torch;
import picocli.CommandLine.Option;

/** Which model, and how it computes. */
final class ModelOptions {
  /** The directory of Meta's checkpoints, the model where {@code --model} is not given. */
  static final String CHECKPOINTS = "SPIRITLM_CHECKPOINTS_DIR";

  /** Element types to compute in. */
  enum Type {
    FP32,
    BF16
  }

  /** The two models that Meta's directory holds. */
  enum Variant {
    BASE,
    EXPRESSIVE
  }

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description =
          "A bundled model, a model directory, or Meta's checkpoints (default: $"
              + CHECKPOINTS
              + ").")
  @Nullable String model;

  @Option(
      names = "--variant",
      paramLabel = "base|expressive",
      description = "Which model of a directory that holds both, as Meta's does.")
  @Nullable Variant variant;

  @Option(
      names = "--dtype",
      paramLabel = "fp32|bf16",
      description = "Element type of the language model (default: that of its file).")
  @Nullable Type type;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (default: auto, the first GPU where there is one).")
  String device = "auto";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one operation may use (default: one a core).")
  int threads;

  /**
   * The model's directory.
   *
   * @throws InputException if nothing says which, or there is no such directory
   */
  Path directory() {
    Torch.threads(threads);
    String name = model != null ? model : System.getenv(CHECKPOINTS);
    if (name == null || name.isEmpty()) {
      throw new InputException(
          "no model: give --model NAME|DIR, or set "
              + CHECKPOINTS
              + " to Meta's checkpoints; 'spiritlm init --preset toy -o DIR' makes a small random one");
    }
    Path given = Path.of(name);
    if (Files.isDirectory(given)) {
      return given;
    }
    Path bundled = bundle().resolve(name).normalize();
    if (model != null && bundled.startsWith(bundle()) && Files.isDirectory(bundled)) {
      return bundled;
    }
    throw new InputException(
        (model != null ? "--model '" : CHECKPOINTS + " '")
            + name
            + "' is neither a directory nor a bundled model; bundled here: "
            + (bundled().isEmpty() ? "none" : String.join(", ", bundled())));
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
    return Path.of(System.getProperty("spiritlm.home", "."), "models").toAbsolutePath().normalize();
  }
}

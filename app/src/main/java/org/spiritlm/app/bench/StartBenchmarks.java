package org.spiritlm.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.spiritlm.checkpoint.FreshModel;
import org.spiritlm.checkpoint.Preset;
import org.spiritlm.torch.InputException;

/** How fast a command starts: the launcher, the JVM, libtorch, a small model, its first token. */
public final class StartBenchmarks {
  private StartBenchmarks() {}

  /**
   * The start of {@code spiritlm generate}.
   *
   * @param home where the launcher is
   */
  public static List<Benchmark> all(Path home) {
    return List.of(new Benchmark("cold-start", "starts/s", () -> start(home)));
  }

  private static Benchmark.Task start(Path home) {
    Path model = newModel();
    List<String> command =
        List.of(
            home.resolve("spiritlm").toString(),
            "generate",
            "--model",
            model.toString(),
            "--text",
            "Hello",
            "--to",
            "text",
            "--max-new-tokens",
            "1");
    return (round, clock) -> {
      run(command);
      return 1;
    };
  }

  private static Path newModel() {
    try {
      Path directory = Files.createTempDirectory("spiritlm-bench");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
      FreshModel.of(Preset.TOY).write(directory, step -> {});
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor() != 0) {
        throw new InputException(
            String.join(" ", command) + " ended with " + process.exitValue() + "; try it");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

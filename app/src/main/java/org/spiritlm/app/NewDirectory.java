package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.spiritlm.checkpoint.ModelRecord;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** The directory of a model that a command makes. */
final class NewDirectory {
  @Option(names = "-o", paramLabel = "DIR", required = true, description = "The directory to make.")
  Path directory = Path.of("");

  @Option(names = "--force", description = "Replace a model that is there.")
  boolean force;

  /**
   * Has the directory written; one that is replaced stays until the new one is whole.
   *
   * @param writer writes a model into a directory that does not exist
   * @throws InputException if there is something that may not be replaced
   */
  void fill(Consumer<Path> writer) {
    if (!isTaken()) {
      writer.accept(directory);
      return;
    }
    if (!Files.isRegularFile(directory.resolve(ModelRecord.FILE))) {
      throw new InputException(
          directory + " exists and is no model; give -o a directory that does not exist");
    }
    if (!force) {
      throw new InputException(directory + " exists already; add --force to replace it");
    }
    Path whole = directory.toAbsolutePath();
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path next = whole.resolveSibling("." + whole.getFileName() + "." + unique + ".new");
    Path last = whole.resolveSibling("." + whole.getFileName() + "." + unique + ".old");
    try {
      writer.accept(next);
      Files.move(whole, last);
      Files.move(next, whole);
      delete(last);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean isTaken() {
    if (!Files.exists(directory)) {
      return false;
    }
    if (!Files.isDirectory(directory)) {
      return true;
    }
    try (Stream<Path> content = Files.list(directory)) {
      return content.findAny().isPresent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}

package org.spiritlm.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.spiritlm.checkpoint.ModelRecord;
import org.spiritlm.corpus.WriterLock;
import org.spiritlm.torch.InputException;
import picocli.CommandLine.Option;

/** The directory of a model, or of something else, that a command makes. */
final class NewDirectory {
  /** The ending of a directory that is being replaced. */
  private static final String OLD = "old";

  /** The ending of a directory that is not whole yet. */
  private static final String NEW = "new";

  /** The file by which what may be replaced is known, and what that is. */
  private final String mark;

  private final String what;

  @Option(names = "-o", paramLabel = "DIR", required = true, description = "The directory to make.")
  Path directory = Path.of("");

  @Option(names = "--force", description = "Replace what an earlier run made there.")
  boolean force;

  /** The directory of a model. */
  NewDirectory() {
    this(ModelRecord.FILE, "model");
  }

  /**
   * Another directory.
   *
   * @param mark a file that all of this kind have
   * @param what what they are called
   */
  NewDirectory(String mark, String what) {
    this.mark = mark;
    this.what = what;
  }

  /**
   * Has the directory written; one that is replaced stays until the new one is whole.
   *
   * @param writer writes a model into a directory that does not exist
   * @throws InputException if there is something that may not be replaced
   */
  void fill(Consumer<Path> writer) {
    recover();
    if (!isTaken()) {
      writer.accept(directory);
      return;
    }
    checkReplaceable();
    Path next = beside(NEW);
    try {
      writer.accept(next);
      replaceBy(next);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Has the directory written beside its place and moved there when it is whole, so that nothing is
   * there before, and nothing stays of a failure; what a run that was killed left is removed.
   *
   * @param writer writes into a directory that does not exist
   * @throws InputException if there is something that may not be replaced, or another process is
   *     writing there
   */
  void fillBeside(Consumer<Path> writer) {
    try (WriterLock lock = WriterLock.of(directory)) {
      for (Path left : left(directory.toAbsolutePath().normalize(), NEW)) {
        delete(left);
      }
      fillAlone(writer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fillAlone(Consumer<Path> writer) throws IOException {
    recover();
    if (isTaken()) {
      checkReplaceable();
    }
    Path next = beside(NEW);
    try {
      writer.accept(next);
      if (isTaken()) {
        checkReplaceable(); // something may have come meanwhile
        replaceBy(next);
      } else {
        Files.deleteIfExists(directory); // it is empty
        Files.move(next, directory.toAbsolutePath());
      }
    } finally {
      delete(next);
    }
  }

  private void checkReplaceable() {
    if (!Files.isRegularFile(directory.resolve(mark))) {
      throw new InputException(
          directory + " exists and is no " + what + "; give -o a directory that does not exist");
    }
    if (!force) {
      throw new InputException(directory + " exists already; add --force to replace it");
    }
  }

  private Path beside(String ending) {
    Path whole = directory.toAbsolutePath();
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    return whole.resolveSibling("." + whole.getFileName() + "." + unique + "." + ending);
  }

  private void replaceBy(Path next) throws IOException {
    Path last = beside(OLD);
    Files.move(directory.toAbsolutePath(), last);
    try {
      Files.move(next, directory.toAbsolutePath());
    } catch (IOException e) {
      Files.move(last, directory.toAbsolutePath());
      throw e;
    }
    delete(last);
  }

  /**
   * Puts the directory back that a run was replacing when it was killed, or removes what it did not
   * come to remove.
   */
  private void recover() {
    Path place = directory.toAbsolutePath().normalize();
    try {
      for (Path last : replaced(place)) {
        if (Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
          delete(last);
        } else {
          Files.move(last, place);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What stood in a directory's place before a run that was killed while it replaced it.
   *
   * @param place of the directory, absolute
   */
  static List<Path> replaced(Path place) throws IOException {
    return left(place, OLD);
  }

  /** What runs that were killed left beside a place, with this ending. */
  private static List<Path> left(Path place, String ending) throws IOException {
    Path parent = place.getParent();
    if (parent == null || place.getFileName() == null || !Files.isDirectory(parent)) {
      return List.of();
    }
    Pattern name =
        Pattern.compile(Pattern.quote("." + place.getFileName()) + "\\.[0-9a-f]{1,16}\\." + ending);
    try (Stream<Path> beside = Files.list(parent)) {
      return beside
          .filter(path -> name.matcher(path.getFileName().toString()).matches())
          .filter(Files::isDirectory)
          .toList();
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

package org.spiritlm.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/** The directory that the command prepare fills, or a place with Parquet files of that form. */
public final class PreparedDirectory {
  private static final String UNITS = "units";

  /** The command's own; what others fill has none. */
  private static final String OWN = "_prepare";

  private static final String SUMMARY = "summary.json";

  private PreparedDirectory() {}

  /** Where the utterances lie: the table of units in what the command wrote, else the place. */
  public static Path units(Path place) {
    Path units = place.resolve(UNITS);
    return Files.isDirectory(units) ? units : place;
  }

  /**
   * Whether all utterances are there: the summary is written last, and removed when the command
   * begins again.
   *
   * @param place the directory, or the table of units in it
   * @throws InputException if the command has not come to its end there
   */
  public static void requireFinished(Path place) {
    Path units = units(place).toAbsolutePath().normalize();
    Path directory = units.getParent();
    if (directory == null || !units.endsWith(UNITS) || !Files.isDirectory(directory.resolve(OWN))) {
      return;
    }
    Path summary = directory.resolve(SUMMARY);
    if (!Files.isRegularFile(summary)) {
      throw new InputException(
          directory
              + ": prepare was stopped there, failed, or still runs, so that utterances are"
              + " missing; give the same prepare command until it ends well");
    }
    double expected = new JsonLine(summary.toString(), Json.file(summary)).number("partitions");
    long found = count(units);
    if (found != expected) {
      throw new InputException(
          String.format(
              "%s: holds %d files, %s says %.0f; give the same prepare command again",
              units, found, SUMMARY, expected));
    }
  }

  private static long count(Path units) {
    try (Stream<Path> files = Files.list(units)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

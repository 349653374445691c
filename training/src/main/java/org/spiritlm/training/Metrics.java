package org.spiritlm.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;
import org.spiritlm.torch.InputException;

/**
 * What a run measures: {@code metrics.jsonl}, an object for each step that is logged, and event
 * files that TensorBoard opens.
 */
final class Metrics implements AutoCloseable {
  private final Path file;
  private final BufferedWriter lines;
  private final EventFile events;

  /**
   * Opens those of a run.
   *
   * @param step what was measured after this step is forgotten, since it will come again
   */
  Metrics(Path run, long step) {
    this.file = run.resolve("metrics.jsonl");
    try {
      Files.createDirectories(run);
      if (Files.exists(file)) {
        cut(file, step);
      }
      this.lines =
          Files.newBufferedWriter(
              file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
    this.events = new EventFile(run.resolve("tensorboard"));
  }

  private static void cut(Path file, long step) throws IOException {
    Path beside = file.resolveSibling("metrics.jsonl.part");
    try (JsonLines open = JsonLines.open(file);
        BufferedWriter writer = Files.newBufferedWriter(beside, StandardCharsets.UTF_8)) {
      for (JsonLine line : open) {
        if (line.number("step") <= step) {
          writer.write(Json.line(line.object()));
          writer.write('\n');
        }
      }
    } catch (InputException e) {
      // a line that was cut off when the process was killed is the last one
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Adds the measures of a step.
   *
   * @throws InputException if the disk is full; half a line that is left is forgotten when the run
   *     goes on
   */
  void write(long step, Map<String, Double> values) {
    ObjectNode object = Json.object();
    object.put("step", step);
    values.forEach(object::put);
    try {
      lines.write(Json.line(object));
      lines.write('\n');
      lines.flush();
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
    events.write(step, values);
  }

  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    } finally {
      events.close();
    }
  }
}

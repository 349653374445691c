package org.spiritlm.spark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.spiritlm.corpus.UtterancePreparer;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * What decides what an output directory holds; it stands in {@code _prepare/job.json} while and
 * after it is filled, so that nothing else is mixed into it.
 *
 * @param model its name and a checksum
 * @param rows the {@linkplain UtterancePreparer#ROWS version of its rows}; that of the program may
 *     be another from run to run, and each row names it
 * @param manifest a checksum of its bytes
 * @param partitions how many files a table has
 */
record Job(String model, int rows, String manifest, int partitions) {
  /** On one line; the same for the same job. */
  String fingerprint() {
    ObjectNode json = Json.object();
    json.put("model", model).put("rows", rows).put("manifest", manifest);
    return Json.line(json.put("partitions", partitions));
  }

  /**
   * The job of an output directory: what was begun there, or this one, which is then written there.
   *
   * @param given whether the user said how many partitions there are
   * @throws InputException if another job was begun there
   */
  Job claim(Storage storage, OutputDirectory output, boolean given) throws IOException {
    FileSystem files = storage.of(output.job());
    if (!files.exists(output.job())) {
      output.write(output.job(), fingerprint() + "\n");
      return this;
    }
    Job begun = read(files, output);
    compare(output, "model", begun.model, model);
    compare(output, "version of rows", "" + begun.rows, "" + rows);
    compare(output, "manifest (its SHA-256)", begun.manifest, manifest);
    if (given && begun.partitions != partitions) {
      compare(output, "number of --partitions", "" + begun.partitions, "" + partitions);
    }
    return begun;
  }

  private static Job read(FileSystem files, OutputDirectory output) throws IOException {
    String where = Storage.shown(output.job());
    try (FSDataInputStream stream = files.open(output.job())) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      JsonLine json = new JsonLine(where, Json.parse(text, where));
      return new Job(
          json.text("model"),
          json.object().has("rows") ? count(json, "rows") : 0, // the first ones had no number
          json.text("manifest"),
          count(json, "partitions"));
    }
  }

  private static int count(JsonLine json, String key) {
    double value = json.number(key);
    if (value < 1 || value != (int) value) {
      throw json.wrong(key, "a whole number of 1 or more");
    }
    return (int) value;
  }

  private static void compare(OutputDirectory output, String what, String begun, String now) {
    if (!begun.equals(now)) {
      throw new InputException(
          Storage.shown(output.path())
              + " was begun with another "
              + what
              + ": "
              + begun
              + ", now "
              + now
              + "; give -o another directory, or --force to begin anew");
    }
  }
}

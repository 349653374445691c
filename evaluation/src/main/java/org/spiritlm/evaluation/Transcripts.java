package org.spiritlm.evaluation;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * What an independent recogniser heard, by the names of the recordings.
 *
 * @param heard what it wrote, and of which file
 */
public record Transcripts(Map<String, Heard> heard) {
  /**
   * What was heard in a recording.
   *
   * @param text what was written
   * @param sha256 of the file that was heard, in hexadecimal digits, or null where nobody noted it
   */
  public record Heard(String text, @Nullable String sha256) {}

  public Transcripts {
    heard = Collections.unmodifiableMap(new HashMap<>(heard));
  }

  /** None. */
  public static Transcripts none() {
    return new Transcripts(Map.of());
  }

  /**
   * Reads a file with {@code {"id": …, "text": …, "sha256": …}} a line; the checksum may be absent.
   *
   * @throws InputException if a line is another, or an id is there twice
   */
  public static Transcripts read(Path file) {
    Map<String, Heard> heard = new HashMap<>();
    for (JsonLine line : Json.lines(file)) {
      String id = line.only("id", "text", "sha256").text("id");
      Heard one = new Heard(line.text("text"), line.optionalText("sha256"));
      if (heard.put(id, one) != null) {
        throw new InputException(line.where() + ": '" + id + "' was there before");
      }
    }
    return new Transcripts(heard);
  }

  /** What was heard in a recording, or null where nobody listened to this file. */
  @Nullable String of(String recording, Path file) {
    Heard one = heard.get(recording);
    return one == null || (one.sha256() != null && !one.sha256().equals(Sha256.of(file)))
        ? null
        : one.text();
  }
}

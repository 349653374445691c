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
 * @param texts what it wrote
 */
public record Transcripts(Map<String, String> texts) {
  public Transcripts {
    texts = Collections.unmodifiableMap(new HashMap<>(texts));
  }

  /** None. */
  public static Transcripts none() {
    return new Transcripts(Map.of());
  }

  /**
   * Reads a file with {@code {"id": …, "text": …}} a line.
   *
   * @throws InputException if a line is another, or an id is there twice
   */
  public static Transcripts read(Path file) {
    Map<String, String> texts = new HashMap<>();
    for (JsonLine line : Json.lines(file)) {
      String id = line.only("id", "text").text("id");
      if (texts.put(id, line.text("text")) != null) {
        throw new InputException(line.where() + ": '" + id + "' was there before");
      }
    }
    return new Transcripts(texts);
  }

  /** What was heard in a recording, or null where nobody listened. */
  @Nullable String of(String recording) {
    return texts.get(recording);
  }
}

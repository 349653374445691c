package org.spiritlm.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.task.Example;
import org.spiritlm.torch.InputException;

/** A file with the examples of a task, one a line. */
final class ExamplesFile {
  private ExamplesFile() {}

  /**
   * The examples of a file, none where there is no file.
   *
   * @throws InputException if it cannot be read, with the line
   */
  static List<Example> read(@Nullable Path file) {
    List<Example> examples = new ArrayList<>();
    if (file != null) {
      for (JsonLine line : Json.lines(file)) {
        line.only("input", "output");
        examples.add(new Example(side(line, "input", file), side(line, "output", file)));
      }
    }
    return examples;
  }

  private static List<Segment> side(JsonLine line, String key, Path file) {
    JsonNode side = line.object().get(key);
    if (side == null || !side.isArray() || side.isEmpty()) {
      throw new InputException(
          line.where()
              + ": expected a list of parts under \""
              + key
              + "\", such as [{\"text\": \"hello\"}], found "
              + Json.shown(side));
    }
    List<Segment> segments = new ArrayList<>();
    for (JsonNode part : side) {
      if (!(part instanceof ObjectNode object) || object.size() != 1) {
        throw new InputException(
            line.where()
                + ": expected a part with one of text, speech and tokens under \""
                + key
                + "\", found "
                + Json.shown(part));
      }
      segments.add(segment(new JsonLine(line.where(), object), file));
    }
    return segments;
  }

  private static Segment segment(JsonLine part, Path file) {
    part.only("text", "speech", "tokens");
    if (part.object().has("text")) {
      return Segment.text(part.text("text"));
    }
    if (part.object().has("tokens")) {
      try {
        return Segment.speech(SpeechTokens.parse(part.text("tokens")));
      } catch (InputException e) {
        throw new InputException(part.where() + ": " + e.getMessage(), e);
      }
    }
    Path speech = file.resolveSibling(part.text("speech"));
    if (!Files.exists(speech)) {
      throw new InputException(part.where() + ": " + speech + " does not exist");
    }
    return Segment.speech(speech);
  }
}

package org.spiritlm.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;

/** The JSON that users give and get. */
public final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /** A new, empty object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** These numbers. */
  public static ArrayNode array(int[] values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(values.length);
    for (int value : values) {
      array.add(value);
    }
    return array;
  }

  /** These numbers. */
  public static ArrayNode array(double[] values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(values.length);
    for (double value : values) {
      array.add(value);
    }
    return array;
  }

  /** On one line. */
  public static String line(JsonNode value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * All objects of a file that holds one a line; empty lines are skipped.
   *
   * @throws InputException if it cannot be read, a line is no JSON object, or there is none
   */
  public static List<JsonLine> lines(Path file) {
    List<JsonLine> lines = new ArrayList<>();
    try (JsonLines open = JsonLines.open(file)) {
      open.forEach(lines::add);
    }
    if (lines.isEmpty()) {
      throw new InputException(file + ": holds nothing; expected one JSON object a line");
    }
    return lines;
  }

  /**
   * The object that a file holds.
   *
   * @throws InputException if it cannot be read or is no JSON object
   */
  public static ObjectNode file(Path file) {
    return parse(read(file), file.toString());
  }

  /**
   * The object that a text is.
   *
   * @param where it comes from, for the message
   * @throws InputException if it is no JSON object
   */
  public static ObjectNode parse(String text, String where) {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return object;
      }
      throw new InputException(where + ": expected a JSON object {…}, found another value");
    } catch (JsonProcessingException e) {
      throw new InputException(where + ": not a JSON object: " + ConfigFile.fault(e), e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not a text in UTF-8", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value as messages show it. */
  public static String shown(@Nullable JsonNode value) {
    if (value == null) {
      return "nothing";
    }
    String text = line(value);
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}

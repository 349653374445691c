package org.spiritlm.app;

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
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/** The JSON that users give and get. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /**
   * One object of a file that holds one a line.
   *
   * @param where the file and the line, for messages
   * @param object what stands there
   */
  record Line(String where, ObjectNode object) {
    /**
     * The text under this key.
     *
     * @throws InputException if there is none
     */
    String text(String key) {
      JsonNode value = object.get(key);
      if (value == null || !value.isTextual()) {
        throw new InputException(
            where + ": expected a text under \"" + key + "\", found " + shown(value));
      }
      return value.textValue();
    }

    /**
     * The list of whole numbers under this key, or null if there is none.
     *
     * @throws InputException if something else stands there
     */
    int @Nullable [] numbers(String key) {
      JsonNode value = object.get(key);
      if (value == null) {
        return null;
      }
      if (!value.isArray()) {
        throw noNumbers(key, shown(value));
      }
      int[] numbers = new int[value.size()];
      for (int i = 0; i < numbers.length; i++) {
        JsonNode number = value.get(i);
        if (!number.isIntegralNumber() || !number.canConvertToInt()) {
          throw noNumbers(key, shown(number) + " at place " + i);
        }
        numbers[i] = number.intValue();
      }
      return numbers;
    }

    private InputException noNumbers(String key, String found) {
      return new InputException(
          where + ": expected a list of whole numbers under \"" + key + "\", found " + found);
    }

    /**
     * Refuses keys other than these.
     *
     * @throws InputException naming the unknown key and the known ones
     */
    Line only(String... keys) {
      Set<String> unknown = new TreeSet<>();
      object.fieldNames().forEachRemaining(unknown::add);
      Arrays.asList(keys).forEach(unknown::remove);
      if (!unknown.isEmpty()) {
        throw new InputException(
            where
                + ": unknown key \""
                + unknown.iterator().next()
                + "\"; known are "
                + String.join(", ", keys));
      }
      return this;
    }
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array(int[] values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(values.length);
    for (int value : values) {
      array.add(value);
    }
    return array;
  }

  static ArrayNode array(double[] values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode(values.length);
    for (double value : values) {
      array.add(value);
    }
    return array;
  }

  /** On one line. */
  static String line(JsonNode value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The objects of a file that holds one a line; empty lines are skipped.
   *
   * @throws InputException if it cannot be read or a line is no JSON object
   */
  static List<Line> lines(Path file) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String text : read(file).split("\\R", -1)) {
      number++;
      if (!text.isBlank()) {
        String where = file + ", line " + number;
        lines.add(new Line(where, parse(text, where)));
      }
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
  static ObjectNode file(Path file) {
    return parse(read(file), file.toString());
  }

  private static ObjectNode parse(String text, String where) {
    try {
      if (MAPPER.readTree(text) instanceof ObjectNode object) {
        return object;
      }
      throw new InputException(where + ": expected a JSON object {…}, found another value");
    } catch (JsonProcessingException e) {
      throw new InputException(
          where + ": not a JSON object: " + e.getOriginalMessage().lines().findFirst().orElse(""),
          e);
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
  static String shown(@Nullable JsonNode value) {
    if (value == null) {
      return "nothing";
    }
    String text = line(value);
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}

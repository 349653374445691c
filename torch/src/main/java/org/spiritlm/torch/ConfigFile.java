package org.spiritlm.torch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model's configuration as a JSON object, read key by key; what is missing or of another type is
 * an error that names the file, the key and what was found.
 *
 * <p>Keys that no reader asks for are ignored: other libraries keep theirs in the same files.
 */
public final class ConfigFile {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The index of a model of many files has a few megabytes. */
  private static final long MAX_BYTES = 1 << 26;

  private final String origin;
  private final JsonNode json;

  private ConfigFile(String origin, JsonNode json) {
    this.origin = origin;
    this.json = json;
  }

  /**
   * Reads a JSON file.
   *
   * @throws CheckpointException if there is no such file, or it does not hold a JSON object
   */
  public static ConfigFile read(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CheckpointException(
            file + ": is no configuration: it has more than " + MAX_BYTES + " bytes");
      }
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new CheckpointException(file + ": " + reason(file, e), e);
    }
  }

  private static String reason(Path file, IOException e) {
    if (e instanceof NoSuchFileException) {
      return "missing; expected a configuration";
    }
    if (Files.isDirectory(file)) {
      return "is a directory, expected a configuration";
    }
    if (e instanceof CharacterCodingException) {
      return "is no configuration: it is not UTF-8 text";
    }
    return "cannot be read"
        + (e instanceof AccessDeniedException ? ": permission denied" : ": " + e.getMessage());
  }

  /** What is wrong with JSON, on one line, without the places that Jackson does not show. */
  public static String fault(JsonProcessingException e) {
    String first = e.getOriginalMessage().lines().findFirst().orElse("");
    return first.replaceAll(" ?\\(start marker at \\[[^\\]]*\\]\\)", "");
  }

  /**
   * Reads JSON that stands in another file, such as the metadata of a safetensors file.
   *
   * @param origin where it stands, for error messages
   * @throws CheckpointException if it is not a JSON object
   */
  public static ConfigFile parse(String origin, String text) {
    JsonNode json;
    try {
      json = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          origin
              + ": not JSON"
              + (e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr())
              + ": "
              + fault(e),
          e);
    }
    if (json == null || !json.isObject()) {
      throw new CheckpointException(origin + ": expected a JSON object");
    }
    return new ConfigFile(origin, json);
  }

  /** Wraps values that were already read, such as the plain part of a {@code .pt} file. */
  public static ConfigFile of(String origin, Map<String, ?> values) {
    return new ConfigFile(origin, MAPPER.valueToTree(values));
  }

  /** The object below a key; its errors name the key as well. */
  public ConfigFile below(String key) {
    if (!json.path(key).isObject()) {
      throw wrong(key, "an object");
    }
    return new ConfigFile(origin + ": " + key, json.path(key));
  }

  /** Where the values come from, for error messages. */
  public String origin() {
    return origin;
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return json.hasNonNull(key);
  }

  /** The whole object. */
  public ObjectNode node() {
    return (ObjectNode) json;
  }

  /** The value itself, for what has no reader here; a missing node where there is none. */
  public JsonNode node(String key) {
    return json.path(key);
  }

  /** A whole number of at least 1. */
  public int positive(String key) {
    int value = integer(key);
    if (value < 1) {
      throw wrong(key, "a whole number of at least 1");
    }
    return value;
  }

  /** A whole number of at least 1, or the fallback where the key is absent. */
  public int positive(String key, int fallback) {
    return has(key) ? positive(key) : fallback;
  }

  /** A whole number. */
  public int integer(String key) {
    return integer(key, json.path(key));
  }

  /** A whole number, or the fallback where the key is absent. */
  public int integer(String key, int fallback) {
    return has(key) ? integer(key) : fallback;
  }

  /** Whole numbers of at least 1. */
  public List<Integer> positives(String key) {
    if (!json.path(key).isArray() || json.path(key).isEmpty()) {
      throw wrong(key, "a list of whole numbers");
    }
    List<Integer> values = new ArrayList<>();
    for (JsonNode item : json.path(key)) {
      int value = integer(key, item);
      if (value < 1) {
        throw wrong(key, "whole numbers of at least 1");
      }
      values.add(value);
    }
    return List.copyOf(values);
  }

  /** Whole numbers of at least 1, or the fallback where the key is absent. */
  public List<Integer> positives(String key, List<Integer> fallback) {
    return has(key) ? positives(key) : fallback;
  }

  /** A number. */
  public double number(String key) {
    if (!json.path(key).isNumber()) {
      throw wrong(key, "a number");
    }
    return json.path(key).doubleValue();
  }

  /** A number, or the fallback where the key is absent. */
  public double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  /** True or false, or the fallback where the key is absent. */
  public boolean flag(String key, boolean fallback) {
    if (has(key) && !json.path(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return has(key) ? json.path(key).booleanValue() : fallback;
  }

  /** A string. */
  public String text(String key) {
    if (!json.path(key).isTextual()) {
      throw wrong(key, "a string");
    }
    return json.path(key).textValue();
  }

  /** A string, or the fallback where the key is absent. */
  public String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  /** The error that says what this key should have been. */
  public CheckpointException wrong(String key, String expected) {
    JsonNode found = json.path(key);
    String shown = found.isMissingNode() ? "nothing" : found.toString();
    return new CheckpointException(
        origin
            + ": '"
            + key
            + "' must be "
            + expected
            + ", found "
            + (shown.length() > 80 ? shown.substring(0, 80) + "…" : shown));
  }

  private int integer(String key, JsonNode node) {
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw wrong(key, "a whole number");
    }
    return node.intValue();
  }
}

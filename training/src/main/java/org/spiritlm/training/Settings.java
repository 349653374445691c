package org.spiritlm.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * The settings of a run: defaults, then a file (YAML or JSON), then single values such as {@code
 * optimiser.rate=0.001}.
 *
 * <p>Code asks for each key with its default, which makes it known; {@link #finish} refuses what
 * nobody asked for. {@link #resolved} then has the value of every key, given or not.
 *
 * <pre>{@code
 * Settings settings = Settings.read(Path.of("lm.yaml")).with("steps=100");
 * int steps = settings.positive("steps", 1000);
 * double rate = settings.below("optimiser").number("rate", 3e-4);
 * settings.finish();
 * }</pre>
 */
public final class Settings {
  private static final ObjectMapper YAML = new YAMLMapper();

  private final String origin;
  private final String path; // "" or "optimiser."
  private final ObjectNode given;
  private final Map<String, Settings> sections = new LinkedHashMap<>();
  private final ObjectNode resolved = JsonNodeFactory.instance.objectNode();

  private Settings(String origin, String path, ObjectNode given) {
    this.origin = origin;
    this.path = path;
    this.given = given;
  }

  /** Nothing but defaults. */
  public static Settings none() {
    return new Settings("settings", "", JsonNodeFactory.instance.objectNode());
  }

  /**
   * Values that are there already.
   *
   * @param origin where they come from, for messages
   */
  public static Settings of(String origin, ObjectNode given) {
    return new Settings(origin, "", given.deepCopy());
  }

  /**
   * Reads a file.
   *
   * @throws InputException if it is no YAML or JSON with keys and values
   */
  public static Settings read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a text.
   *
   * @param origin where it comes from, for messages
   * @throws InputException if it is no YAML or JSON with keys and values
   */
  public static Settings parse(String origin, String text) {
    try {
      JsonNode node = YAML.readTree(text);
      if (node == null || node.isMissingNode() || node.isNull()) {
        node = JsonNodeFactory.instance.objectNode();
      }
      if (!(node instanceof ObjectNode object)) {
        throw new InputException(origin + ": expected keys with values, such as 'steps: 100'");
      }
      return new Settings(origin, "", object);
    } catch (JsonProcessingException e) {
      throw new InputException(
          origin
              + (e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr())
              + ": not YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse(""),
          e);
    }
  }

  /**
   * The same, and what others have where these have nothing; a value that is null here ({@code
   * channels: null}) takes away what others have.
   */
  public Settings over(Settings others) {
    return new Settings(origin, path, merged(given, others.given));
  }

  private static ObjectNode merged(ObjectNode upper, ObjectNode lower) {
    ObjectNode all = lower.deepCopy();
    upper.properties().forEach(entry -> merge(entry.getKey(), entry.getValue(), all));
    return all;
  }

  private static void merge(String key, JsonNode value, ObjectNode all) {
    if (value.isNull()) {
      all.remove(key);
    } else if (value instanceof ObjectNode section && all.get(key) instanceof ObjectNode below) {
      all.set(key, merged(section, below));
    } else {
      all.set(key, value.deepCopy());
    }
  }

  /** What was given, without what nobody gave. */
  public ObjectNode given() {
    return given.deepCopy();
  }

  /**
   * The same with one value replaced; ask for nothing before.
   *
   * @param assignment such as {@code optimiser.rate=0.001}; the value is YAML
   * @throws InputException if it is not of this form
   */
  public Settings with(String assignment) {
    int at = assignment.indexOf('=');
    if (at <= 0) {
      throw new InputException(
          "'" + assignment + "' sets nothing; expected KEY=VALUE, such as optimiser.rate=0.001");
    }
    try {
      JsonNode value = YAML.readTree(assignment.substring(at + 1));
      return with(
          assignment.substring(0, at).strip(),
          value == null || value.isMissingNode() ? JsonNodeFactory.instance.textNode("") : value);
    } catch (JsonProcessingException e) {
      throw new InputException("'" + assignment + "' has a value that is not YAML", e);
    }
  }

  /**
   * The same with one value replaced; ask for nothing before.
   *
   * @param key such as {@code optimiser.rate}
   */
  public Settings with(String key, JsonNode value) {
    ObjectNode copy = given.deepCopy();
    ObjectNode object = copy;
    String[] keys = key.split("\\.", -1);
    for (int i = 0; i < keys.length - 1; i++) {
      JsonNode below = object.get(keys[i]);
      object = below instanceof ObjectNode section ? section : object.putObject(keys[i]);
    }
    object.set(keys[keys.length - 1], value);
    return new Settings(origin, path, copy);
  }

  /** What stands before these keys where they are given, such as {@code optimiser.}, or nothing. */
  public String section() {
    return path;
  }

  /** The settings under a key; none where the key is absent. */
  public Settings below(String key) {
    Settings known = sections.get(key);
    if (known != null) {
      return known;
    }
    JsonNode node = given.get(key);
    if (node == null || node.isNull()) {
      node = JsonNodeFactory.instance.objectNode();
    }
    if (!(node instanceof ObjectNode object)) {
      throw wrong(key, "keys with values");
    }
    Settings section = new Settings(origin, path + key + ".", object);
    sections.put(key, section);
    resolved.set(key, section.resolved);
    return section;
  }

  /** Whether the key was given. */
  public boolean has(String key) {
    return given.hasNonNull(key);
  }

  /** A whole number of at least 1. */
  public int positive(String key, int fallback) {
    return whole(key, fallback, value -> value >= 1, "a whole number of at least 1");
  }

  /** A whole number of at least 0. */
  public int count(String key, int fallback) {
    return whole(key, fallback, value -> value >= 0, "a whole number of at least 0");
  }

  private int whole(String key, int fallback, Predicate<Integer> good, String expected) {
    JsonNode node = value(key, JsonNodeFactory.instance.numberNode(fallback));
    if (!node.isIntegralNumber() || !node.canConvertToInt() || !good.test(node.intValue())) {
      throw wrong(key, expected);
    }
    return node.intValue();
  }

  /** A whole number of any size. */
  public long seed(String key, long fallback) {
    JsonNode node = value(key, JsonNodeFactory.instance.numberNode(fallback));
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw wrong(key, "a whole number");
    }
    return node.longValue();
  }

  /** A finite number of at least 0. */
  public double number(String key, double fallback) {
    JsonNode node = value(key, JsonNodeFactory.instance.numberNode(fallback));
    // YAML reads 3e-4 as a text, and 3.0e-4 as a number
    double number = node.isNumber() ? node.doubleValue() : parsed(node);
    if (!Double.isFinite(number) || number < 0) {
      throw wrong(key, "a number of at least 0");
    }
    resolved.put(key, number);
    return number;
  }

  private static double parsed(JsonNode node) {
    try {
      return node.isTextual() ? Double.parseDouble(node.textValue()) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** True or false. */
  public boolean flag(String key, boolean fallback) {
    JsonNode node = value(key, JsonNodeFactory.instance.booleanNode(fallback));
    if (!node.isBoolean()) {
      throw wrong(key, "true or false");
    }
    return node.booleanValue();
  }

  /** A text. */
  public String text(String key, String fallback) {
    JsonNode node = value(key, JsonNodeFactory.instance.textNode(fallback));
    if (!node.isValueNode()) {
      throw wrong(key, "a text");
    }
    return node.asText();
  }

  /** One of the constants of an enum, in lower case. */
  public <E extends Enum<E>> E choice(String key, E fallback) {
    String text = text(key, nameOf(fallback));
    List<String> names = new ArrayList<>();
    for (E constant : fallback.getDeclaringClass().getEnumConstants()) {
      if (nameOf(constant).equals(text)) {
        return constant;
      }
      names.add(nameOf(constant));
    }
    throw wrong(key, "one of " + String.join(", ", names));
  }

  private static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private JsonNode value(String key, JsonNode fallback) {
    JsonNode node = given.get(key);
    JsonNode value = node == null || node.isNull() ? fallback : node;
    resolved.set(key, value);
    return value;
  }

  private InputException wrong(String key, String expected) {
    return new InputException(
        origin
            + ": '"
            + path
            + key
            + "' must be "
            + expected
            + ", found "
            + Json.shown(given.get(key)));
  }

  /**
   * Ends reading.
   *
   * @throws InputException if a key was given that nobody asked for, listing the known ones
   */
  public void finish() {
    List<String> unknown = new ArrayList<>();
    given.fieldNames().forEachRemaining(unknown::add);
    unknown.removeIf(resolved::has);
    if (!unknown.isEmpty()) {
      List<String> known = new ArrayList<>();
      resolved.fieldNames().forEachRemaining(key -> known.add(path + key));
      throw new InputException(
          origin
              + ": unknown key '"
              + path
              + unknown.get(0)
              + "'; known are "
              + String.join(", ", known));
    }
    sections.values().forEach(Settings::finish);
  }

  /** Every key that was asked for with its value. */
  public ObjectNode resolved() {
    return resolved.deepCopy();
  }
}

package org.spiritlm.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * One object of a file, with its place for messages.
 *
 * @param where the file and the line
 * @param object what stands there
 */
public record JsonLine(String where, ObjectNode object) {
  /**
   * The text under this key.
   *
   * @throws InputException if there is none
   */
  public String text(String key) {
    JsonNode value = object.get(key);
    if (value == null || !value.isTextual()) {
      throw wrong(key, "a text");
    }
    return value.textValue();
  }

  /**
   * The text under this key, or null where the key is absent or null.
   *
   * @throws InputException if something else stands there
   */
  public @Nullable String optionalText(String key) {
    return object.hasNonNull(key) ? text(key) : null;
  }

  /**
   * The finite number under this key.
   *
   * @throws InputException if there is none
   */
  public double number(String key) {
    JsonNode value = object.get(key);
    if (value == null || !value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw wrong(key, "a number");
    }
    return value.doubleValue();
  }

  /**
   * The finite number under this key, or null where the key is absent or null.
   *
   * @throws InputException if something else stands there
   */
  public @Nullable Double optionalNumber(String key) {
    return object.hasNonNull(key) ? (Double) number(key) : null;
  }

  /**
   * The list of whole numbers under this key, or null if there is none.
   *
   * @throws InputException if something else stands there
   */
  public int @Nullable [] numbers(String key) {
    JsonNode value = object.get(key);
    if (value == null) {
      return null;
    }
    if (!value.isArray()) {
      throw noNumbers(key, Json.shown(value));
    }
    int[] numbers = new int[value.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode number = value.get(i);
      if (!number.isIntegralNumber() || !number.canConvertToInt()) {
        throw noNumbers(key, Json.shown(number) + " at place " + i);
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
  public JsonLine only(String... keys) {
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

  /** The error that says what should stand under a key. */
  public InputException wrong(String key, String expected) {
    return new InputException(
        where
            + ": expected "
            + expected
            + " under \""
            + key
            + "\", found "
            + Json.shown(object.get(key)));
  }
}

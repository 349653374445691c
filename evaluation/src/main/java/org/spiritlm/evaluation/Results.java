package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/** What was found of each item by each measure. Not thread-safe. */
final class Results {
  /** The key under which the reason stands where an item could not be measured. */
  static final String FAILED = "failed";

  private final Map<String, Map<String, ObjectNode>> byMeasure = new HashMap<>();

  /** Adds what a measure found of an item. */
  void add(String measure, String id, ObjectNode found) {
    byMeasure.computeIfAbsent(measure, key -> new HashMap<>()).put(id, found);
  }

  /** Whether a measure has been at an item. */
  boolean has(String measure, String id) {
    return find(measure, id) != null;
  }

  /** What a measure found of an item; it may have {@linkplain #failed failed}. */
  ObjectNode of(String measure, String id) {
    return Objects.requireNonNull(find(measure, id), () -> measure + " of " + id);
  }

  private @Nullable ObjectNode find(String measure, String id) {
    return byMeasure.getOrDefault(measure, Map.of()).get(id);
  }

  /** Whether an item could not be measured. */
  static boolean failed(ObjectNode found) {
    return found.has(FAILED);
  }

  /** What stands for an item that could not be measured. */
  static ObjectNode failure(String why) {
    return Json.object().put(FAILED, why);
  }
}

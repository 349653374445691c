package org.spiritlm.inspection;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/** Helpers of the figures: sums by name, lists of the first few items, rounding. */
final class Figures {
  private static final double HOUR = 3600;

  private Figures() {}

  /** Four places after the point. */
  static double rounded(double value) {
    return Math.rint(value * 1e4) / 1e4;
  }

  /** Utterances and hours by a name, such as the speaker's. */
  static final class ByName {
    private final Map<String, double[]> sums = new TreeMap<>(); // utterances, seconds

    void add(@Nullable String name, double seconds) {
      if (name != null) {
        double[] sum = sums.computeIfAbsent(name, key -> new double[2]);
        sum[0]++;
        sum[1] += seconds;
      }
    }

    /** The number of names, and of those with the most hours each with its sums. */
    ObjectNode json(int most) {
      ObjectNode object = Json.object();
      object.put("count", sums.size());
      List<Map.Entry<String, double[]>> entries = new ArrayList<>(sums.entrySet());
      entries.sort(Comparator.comparingDouble(entry -> -entry.getValue()[1]));
      ArrayNode list = object.putArray("largest");
      for (Map.Entry<String, double[]> entry : entries.subList(0, Math.min(most, entries.size()))) {
        list.addObject()
            .put("name", entry.getKey())
            .put("utterances", (long) entry.getValue()[0])
            .put("hours", rounded(entry.getValue()[1] / HOUR));
      }
      return object;
    }
  }

  /** Items that one should look at: how many, and the first of them. */
  static final class Noted {
    private static final int LISTED = 10;
    private final List<String> ids = new ArrayList<>();
    private long count;

    void add(String id) {
      count++;
      if (ids.size() < LISTED) {
        ids.add(id);
      }
    }

    ObjectNode json() {
      ObjectNode object = Json.object();
      object.put("count", count);
      ArrayNode list = object.putArray("first");
      ids.forEach(list::add);
      return object;
    }
  }
}

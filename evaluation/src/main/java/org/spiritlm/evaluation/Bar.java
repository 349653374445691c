package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.spiritlm.json.Json;

/**
 * What a figure must reach.
 *
 * @param isLeast whether the figure must be at least the value; otherwise at most
 */
public record Bar(boolean isLeast, double value) {
  /** The figure must not be lower. */
  public static Bar atLeast(double value) {
    return new Bar(true, value);
  }

  /** The figure must not be higher. */
  public static Bar atMost(double value) {
    return new Bar(false, value);
  }

  /** Whether a figure reaches it; one that is no number never does. */
  public boolean isMetBy(double figure) {
    return isLeast ? figure >= value : figure <= value;
  }

  ObjectNode json() {
    return Json.object().put(isLeast ? "at_least" : "at_most", value);
  }

  String text(Figure.Form form) {
    return String.format(Locale.ROOT, "%s %s", isLeast ? "≥" : "≤", form.text(value));
  }
}

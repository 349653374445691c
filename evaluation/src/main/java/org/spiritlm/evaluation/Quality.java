package org.spiritlm.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;

/** All figures of a model. Not thread-safe. */
public final class Quality {
  private final ObjectNode about;
  private final Map<String, Figure> figures = new LinkedHashMap<>();
  private final Map<String, JsonNode> details = new LinkedHashMap<>();

  /**
   * None so far.
   *
   * @param about what was judged, and on what
   */
  Quality(ObjectNode about) {
    this.about = about;
  }

  void add(Figure figure) {
    if (figures.put(figure.name(), figure) != null) {
      throw new IllegalStateException("two figures " + figure.name());
    }
  }

  /** Adds what is no single number. */
  void addDetail(String name, JsonNode detail) {
    details.put(name, detail);
  }

  /** The figures by name, in order. */
  public Map<String, Figure> figures() {
    return Collections.unmodifiableMap(figures);
  }

  /** The value of a figure, or null where it was not measured. */
  public @Nullable Double value(String name) {
    Figure figure = figures.get(name);
    return figure == null ? null : figure.value();
  }

  /** The figures that do not reach their bars, those that could not be measured among them. */
  public List<Figure> missed() {
    return figures.values().stream().filter(figure -> !figure.isMet()).toList();
  }

  /** All of it as one object. */
  public ObjectNode json() {
    ObjectNode object = about.deepCopy();
    ArrayNode list = object.putArray("figures");
    figures.values().forEach(figure -> list.add(figure.json()));
    details.forEach(object::set);
    return object;
  }

  /** A table in Markdown, a row a figure. */
  public String markdown() {
    StringBuilder table = new StringBuilder();
    table.append("| measure | value | items | paper | bar | |\n");
    table.append("|---|---|---|---|---|---|\n");
    figures.values().forEach(figure -> table.append(figure.row()).append('\n'));
    return table.toString();
  }

  /** On one line, for messages. */
  public static String describe(List<Figure> figures) {
    StringBuilder text = new StringBuilder();
    for (Figure figure : figures) {
      Double value = figure.value();
      Bar bar = figure.bar();
      text.append(text.isEmpty() ? "" : ", ").append(figure.name()).append(' ');
      text.append(value == null ? "not measured" : figure.form().text(value));
      text.append(bar == null ? "" : " (" + bar.text(figure.form()) + ")");
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return Json.line(json());
  }
}

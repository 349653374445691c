package org.spiritlm.training;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.spiritlm.inspection.LineCharts;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;

/**
 * What a run measured as a picture: {@code curves.png}, a chart for each measure, with that of the
 * validation beside it where there is one.
 */
final class Curves {
  private static final String STEP = "step";
  private static final String VALIDATION = "validation_";

  private final Path run;
  private final Consumer<String> progress;
  private boolean draws = true;

  Curves(Path run, Consumer<String> progress) {
    this.run = run;
    this.progress = progress;
  }

  /** Draws {@code metrics.jsonl} as it is now; a JVM that cannot draw says so once. */
  void write() {
    if (!draws) {
      return;
    }
    List<LineCharts.Chart> charts = charts();
    if (charts.isEmpty()) {
      return;
    }
    Path file = run.resolve("curves.png");
    Path beside = file.resolveSibling("curves.png.part");
    try {
      new LineCharts(charts).write(beside);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    } catch (LinkageError | InternalError e) { // no fonts, or a JVM without pictures
      draws = false;
      progress.accept("there is no curves.png: this Java cannot draw (" + e.getMessage() + ")");
    }
  }

  /** One for each measure in the order in which they came, without what is empty. */
  private List<LineCharts.Chart> charts() {
    Map<String, Map<String, List<LineCharts.Point>>> measures = new LinkedHashMap<>();
    try (JsonLines lines = JsonLines.open(run.resolve("metrics.jsonl"))) {
      for (JsonLine line : lines) {
        double step = line.number(STEP);
        for (Map.Entry<String, JsonNode> entry : line.object().properties()) {
          String name = entry.getKey();
          if (!name.equals(STEP) && entry.getValue().isNumber()) {
            String title = name.startsWith(VALIDATION) ? name.substring(VALIDATION.length()) : name;
            measures
                .computeIfAbsent(title, key -> new LinkedHashMap<>())
                .computeIfAbsent(name, key -> new ArrayList<>())
                .add(new LineCharts.Point(step, entry.getValue().doubleValue()));
          }
        }
      }
    }
    List<LineCharts.Chart> charts = new ArrayList<>();
    measures.forEach(
        (title, lines) -> {
          List<LineCharts.Line> all = new ArrayList<>();
          lines.forEach((name, points) -> all.add(new LineCharts.Line(name, points)));
          charts.add(new LineCharts.Chart(title, all));
        });
    return charts;
  }
}

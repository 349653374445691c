package org.spiritlm.inspection;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Numbers over steps, as charts in two columns of one PNG picture.
 *
 * @param charts at least one
 */
public record LineCharts(List<Chart> charts) {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 320;
  private static final int LEFT = 80;
  private static final int RIGHT = 20;
  private static final int TOP = 40;
  private static final int BOTTOM = 40;
  private static final int MARKS = 4;
  private static final List<Color> COLORS =
      List.of(
          new Color(0x3b, 0x6e, 0xa5),
          new Color(0xc8, 0x55, 0x2b),
          new Color(0x4b, 0x8f, 0x4b),
          new Color(0x80, 0x55, 0x9b));

  public LineCharts {
    charts = List.copyOf(charts);
  }

  /**
   * Lines with common axes.
   *
   * @param title what is shown
   */
  public record Chart(String title, List<Line> lines) {
    public Chart {
      lines = List.copyOf(lines);
    }
  }

  /**
   * A line through points in order; those that are not finite are left out.
   *
   * @param name what it is
   */
  public record Line(String name, List<Point> points) {
    public Line {
      points =
          points.stream()
              .filter(point -> Double.isFinite(point.step) && Double.isFinite(point.value))
              .toList();
    }
  }

  /** One of its points. */
  public record Point(double step, double value) {}

  /**
   * Writes the picture.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    int columns = Math.min(2, charts.size());
    int rows = (charts.size() + 1) / 2;
    Picture.write(
        file,
        columns * WIDTH,
        rows * HEIGHT,
        graphics -> {
          for (int i = 0; i < charts.size(); i++) {
            Graphics2D part =
                (Graphics2D) graphics.create(i % 2 * WIDTH, i / 2 * HEIGHT, WIDTH, HEIGHT);
            draw(charts.get(i), part);
            part.dispose();
          }
        });
  }

  private static void draw(Chart chart, Graphics2D graphics) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    Axes axes = Axes.of(chart);
    axes.draw(graphics);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    graphics.setColor(Color.DARK_GRAY);
    graphics.drawString(chart.title, LEFT, TOP - 16);
    int at = WIDTH - RIGHT;
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    for (int i = chart.lines.size() - 1; i >= 0; i--) {
      graphics.setColor(COLORS.get(i % COLORS.size()));
      if (chart.lines.size() > 1) {
        String name = chart.lines.get(i).name;
        at -= graphics.getFontMetrics().stringWidth(name) + 12;
        graphics.drawString(name, at, TOP - 16);
      }
      axes.draw(chart.lines.get(i), graphics);
    }
  }

  /** Where numbers lie in a chart. */
  private record Axes(double lastStep, double least, double most) {
    static Axes of(Chart chart) {
      List<Point> all = new ArrayList<>();
      chart.lines.forEach(line -> all.addAll(line.points));
      double lastStep = all.stream().mapToDouble(Point::step).max().orElse(1);
      double least = all.stream().mapToDouble(Point::value).min().orElse(0);
      double most = all.stream().mapToDouble(Point::value).max().orElse(1);
      double room = most > least ? 0 : Math.max(Math.abs(most), 1) / 2; // a line that is level
      return new Axes(Math.max(lastStep, 1), least - room, most + room);
    }

    double x(double step) {
      return LEFT + step / lastStep * (WIDTH - LEFT - RIGHT);
    }

    double y(double value) {
      return HEIGHT - BOTTOM - (value - least) / (most - least) * (HEIGHT - TOP - BOTTOM);
    }

    void draw(Graphics2D graphics) {
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
      for (int i = 0; i <= MARKS; i++) {
        double step = lastStep * i / MARKS;
        double value = least + (most - least) * i / MARKS;
        int x = (int) Math.round(x(step));
        int y = (int) Math.round(y(value));
        graphics.setColor(Color.LIGHT_GRAY);
        graphics.drawLine(LEFT, y, WIDTH - RIGHT, y);
        graphics.setColor(Color.DARK_GRAY);
        graphics.drawString(Picture.number(value), 8, y + 4);
        graphics.drawString(Long.toString(Math.round(step)), x - 12, HEIGHT - BOTTOM + 18);
      }
    }

    void draw(Line line, Graphics2D graphics) {
      Path2D path = new Path2D.Double();
      for (Point point : line.points) {
        double x = x(point.step);
        double y = y(point.value);
        if (path.getCurrentPoint() == null) {
          path.moveTo(x, y);
        } else {
          path.lineTo(x, y);
        }
      }
      graphics.setStroke(new BasicStroke(1.5f));
      graphics.draw(path);
      if (line.points.size() < 30) {
        line.points.forEach(
            point ->
                graphics.fillOval(
                    (int) Math.round(x(point.step)) - 3,
                    (int) Math.round(y(point.value)) - 3,
                    6,
                    6));
      }
    }
  }
}

package org.spiritlm.inspection;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Bars over a number, as a PNG picture. Needs no display.
 *
 * @param name of the file, without its ending
 * @param title what is counted
 * @param unit of the number below
 * @param width of a bar in that unit; the first begins at 0
 * @param counts the bars' heights
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes them
public record BarChart(String name, String title, String unit, double width, long[] counts) {
  private static final int PICTURE_WIDTH = 900;
  private static final int PICTURE_HEIGHT = 420;
  private static final int LEFT = 80;
  private static final int RIGHT = 20;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final int LABELS = 10;
  private static final Color BARS = new Color(0x3b, 0x6e, 0xa5);

  /**
   * Writes the picture.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    Picture.write(file, PICTURE_WIDTH, PICTURE_HEIGHT, this::draw);
  }

  private void draw(Graphics2D graphics) {
    int right = PICTURE_WIDTH - RIGHT;
    int floor = PICTURE_HEIGHT - BOTTOM;
    long most = 1;
    for (long count : counts) {
      most = Math.max(most, count);
    }
    graphics.setColor(BARS);
    double step = (double) (right - LEFT) / counts.length;
    for (int i = 0; i < counts.length; i++) {
      int height = (int) Math.round((double) counts[i] / most * (floor - TOP));
      int from = (int) Math.round(LEFT + i * step);
      int to = (int) Math.round(LEFT + (i + 1) * step);
      int gap = step > 4 ? 1 : 0;
      graphics.fillRect(from, floor - height, Math.max(1, to - from - gap), height);
    }
    graphics.setColor(Color.DARK_GRAY);
    graphics.drawLine(LEFT, floor, right, floor);
    graphics.drawLine(LEFT, TOP, LEFT, floor);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    int every = Math.max(1, (counts.length + LABELS - 1) / LABELS);
    for (int i = 0; i <= counts.length; i += every) {
      int at = (int) Math.round(LEFT + i * step);
      graphics.drawLine(at, floor, at, floor + 4);
      graphics.drawString(Picture.number(i * width), at - 8, floor + 20);
    }
    graphics.drawString(unit, LEFT + (right - LEFT) / 2 - 30, floor + 44);
    for (int i = 0; i <= 4; i++) {
      int at = floor - (floor - TOP) * i / 4;
      graphics.drawLine(LEFT - 4, at, LEFT, at);
      graphics.drawString(Picture.number((double) most * i / 4), 8, at + 5);
    }
    graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    graphics.drawString(title, LEFT, 28);
  }
}

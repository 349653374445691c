package org.spiritlm.inspection;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import javax.imageio.ImageIO;

/** PNG pictures on white. Needs no display. */
final class Picture {
  private Picture() {}

  /**
   * Draws a picture.
   *
   * @throws IOException if the file cannot be written
   */
  static void write(Path file, int width, int height, Consumer<Graphics2D> drawing)
      throws IOException {
    System.setProperty("java.awt.headless", "true");
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    try {
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, width, height);
      drawing.accept(graphics);
    } finally {
      graphics.dispose();
    }
    try (var stream = Files.newOutputStream(file)) {
      if (!ImageIO.write(picture, "png", stream)) {
        throw new IllegalStateException("this JVM writes no PNG");
      }
    }
  }

  /** A number beside an axis. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, Math.abs(value) < 1000 ? "%.3g" : "%.0f", value);
  }
}

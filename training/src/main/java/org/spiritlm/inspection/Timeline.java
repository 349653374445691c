package org.spiritlm.inspection;

import java.util.List;
import java.util.Locale;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.pitch.PitchContour;

/** What lies in an utterance over time, drawn as lanes one below another. */
final class Timeline {
  private static final double MOST_WIDTH = 30_000; // pixels
  private static final double PIXELS_PER_SECOND = 150;
  private static final int LEFT = 60; // for the lanes' names
  private static final int WAVE = 90;
  private static final int PITCH = 110;
  private static final int CELLS = 22;
  private static final int GAP = 10;
  private static final double LOWEST = 50; // Hz
  private static final double HIGHEST = 550;

  private final double seconds;
  private final double scale;
  private final StringBuilder svg = new StringBuilder();
  private int y = 20;

  /** An empty one of this length. */
  Timeline(double seconds) {
    this.seconds = seconds;
    this.scale = Math.min(PIXELS_PER_SECOND, MOST_WIDTH / Math.max(1, seconds));
    for (int i = 0; i <= seconds; i += Math.max(1, (int) (100 / scale))) {
      add("<text class=\"tick\" x=\"%.1f\" y=\"12\">%d s</text>", x(i), i);
    }
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private double x(double second) {
    return LEFT + second * scale;
  }

  private void name(String name, int height) {
    add("<text class=\"name\" x=\"4\" y=\"%d\">%s</text>", y + height / 2 + 4, Html.escape(name));
  }

  /** The lowest and highest sample of each pixel. */
  void waveform(float[] samples) {
    name("wave", WAVE);
    StringBuilder path = new StringBuilder();
    int columns = (int) Math.ceil(seconds * scale);
    for (int column = 0; column < columns; column++) {
      int from = (int) (column / scale * Audio.SPEECH_RATE);
      int to = (int) Math.min(samples.length, (column + 1) / scale * Audio.SPEECH_RATE);
      float low = 0;
      float high = 0;
      for (int i = from; i < to; i++) {
        low = Math.min(low, samples[i]);
        high = Math.max(high, samples[i]);
      }
      path.append(
          String.format(
              Locale.ROOT,
              "M%d %.1fV%.1f",
              LEFT + column,
              y + WAVE / 2.0 * (1 - Math.min(1, high)),
              y + WAVE / 2.0 * (1 - Math.max(-1, low)) + 0.5));
    }
    add("<path class=\"wave\" d=\"%s\"/>", path);
    y += WAVE + GAP;
  }

  /** The fundamental frequency where there is a voice, on a logarithmic scale. */
  void pitch(PitchContour contour) {
    name("F0", PITCH);
    for (double hertz : new double[] {100, 200, 400}) {
      double at = y + height(hertz);
      add("<path class=\"grid\" d=\"M%d %.1fH%.1f\"/>", LEFT, at, x(seconds));
      add("<text class=\"tick\" x=\"28\" y=\"%.1f\">%.0f</text>", at + 4, hertz);
    }
    StringBuilder path = new StringBuilder();
    boolean down = false;
    for (int i = 0; i < contour.hertz().length; i++) {
      boolean voiced = contour.voiced()[i] && contour.hertz()[i] > 0;
      if (voiced) {
        double second = (double) i * PitchContour.HOP / Audio.SPEECH_RATE;
        path.append(
            String.format(
                Locale.ROOT,
                "%s%.1f %.1f",
                down ? "L" : "M",
                x(second),
                y + height(contour.hertz()[i])));
      }
      down = voiced;
    }
    add("<path class=\"pitch\" d=\"%s\"/>", path);
    y += PITCH + GAP;
  }

  private static double height(double hertz) {
    double place = Math.log(hertz / LOWEST) / Math.log(HIGHEST / LOWEST);
    return PITCH * (1 - Math.max(0, Math.min(1, place)));
  }

  /** Words, with times from the utterance's beginning. */
  void words(List<AlignedWord> words) {
    name("words", CELLS);
    for (AlignedWord word : words) {
      cell(word.start(), word.end(), "#f3e9c9", word.word(), word.word(), true);
    }
    y += CELLS + GAP;
  }

  /** Units of a stream, equal neighbours as one where they are merged. */
  void units(String name, int[] units, double rate, boolean merged) {
    name(name, CELLS);
    for (int from = 0; from < units.length; ) {
      int to = from + 1;
      while (merged && to < units.length && units[to] == units[from]) {
        to++;
      }
      String colour =
          String.format(Locale.ROOT, "hsl(%d,60%%,82%%)", Math.floorMod(units[from] * 137, 360));
      String number = Integer.toString(units[from]);
      cell(
          from / rate, to / rate, colour, number, name + " " + number + " × " + (to - from), false);
      from = to;
    }
    y += CELLS + GAP;
  }

  private void cell(
      double start, double end, String colour, String text, String title, boolean always) {
    double width = (end - start) * scale;
    add(
        "<g><title>%s, %.2f s to %.2f s</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\""
            + " height=\"%d\" fill=\"%s\"/>%s</g>",
        Html.escape(title),
        start,
        end,
        x(start),
        y,
        Math.max(0.5, width),
        CELLS,
        colour,
        always || width > 8.0 * text.length()
            ? String.format(
                Locale.ROOT,
                "<text class=\"cell\" x=\"%.1f\" y=\"%d\">%s</text>",
                x(start) + 2,
                y + 15,
                Html.escape(text))
            : "");
  }

  /** The drawing. */
  String svg() {
    return String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\">%n",
            x(seconds) + 20,
            y)
        + svg
        + "</svg>";
  }
}

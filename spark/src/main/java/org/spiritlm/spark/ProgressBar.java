package org.spiritlm.spark;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Shows how far a preparation is: a line that is redrawn on a terminal, else one now and then. */
final class ProgressBar implements PreparationListener, AutoCloseable {
  private static final int WIDTH = 30;

  /** On a terminal it is drawn no more often than this (nanoseconds). */
  private static final long REDRAW = 200_000_000L;

  /** Elsewhere a line is printed no more often than this (nanoseconds). */
  private static final long LINE = 60_000_000_000L;

  private final PrintStream stream;
  private final boolean terminal;
  private final LongSupplier clock;
  private final long began;
  private long shown;
  private long most;
  private long first = -1;
  private int length;

  /**
   * Shows it on a stream.
   *
   * @param terminal whether a line can be redrawn there
   */
  ProgressBar(PrintStream stream, boolean terminal) {
    this(stream, terminal, System::nanoTime);
  }

  /**
   * Shows it at times of this clock.
   *
   * @param clock nanoseconds since any moment
   */
  ProgressBar(PrintStream stream, boolean terminal, LongSupplier clock) {
    this.stream = stream;
    this.terminal = terminal;
    this.clock = clock;
    this.began = clock.getAsLong();
    this.shown = terminal ? began - REDRAW : began;
  }

  @Override
  public synchronized void progress(long items, long total, long rejected) {
    long now = clock.getAsLong();
    most = Math.max(most, items); // a task that is lost is done again
    if (first < 0) {
      first = items; // what earlier runs did tells nothing of this one's speed
    }
    boolean ends = terminal && most == total;
    if (!ends && now - shown < (terminal ? REDRAW : LINE)) {
      return;
    }
    shown = now;
    String line = line(most, total, rejected, (now - began) / 1e9);
    if (terminal) {
      stream.print("\r" + line + " ".repeat(Math.max(0, length - line.length())));
      stream.flush();
      length = line.length();
    } else {
      stream.println(line);
    }
  }

  private String line(long items, long total, long rejected, double seconds) {
    int filled = (int) (WIDTH * items / total);
    double rate = (items - first) / seconds;
    String left = rate > 0 ? ", " + clock((total - items) / rate) + " left" : "";
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d %%  %d of %d items, %d bad%s",
        "#".repeat(filled),
        "-".repeat(WIDTH - filled),
        100 * items / total,
        items,
        total,
        rejected,
        left);
  }

  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** Clears the line. */
  @Override
  public synchronized void close() {
    if (terminal && length > 0) {
      stream.print("\r" + " ".repeat(length) + "\r");
      stream.flush();
    }
  }
}

package org.spiritlm.app;

import java.util.Locale;

/**
 * Tells the person who watches how far long work is, every few seconds: what is done, how fast, and
 * how long the rest takes.
 */
final class ProgressLine {
  /** Time between two lines (nanoseconds). */
  private static final long INTERVAL = 5_000_000_000L;

  private final Console console;
  private final String things;
  private final long began = System.nanoTime();
  private long told = began;

  /**
   * Begins.
   *
   * @param things what is counted, such as {@code utterances}
   */
  ProgressLine(Console console, String things) {
    this.console = console;
    this.things = things;
  }

  /**
   * Some more is done.
   *
   * @param done so far
   * @param all how many there are
   * @param before how many an earlier run had done
   * @param seconds of audio that this run worked off
   */
  void at(long done, long all, long before, double seconds) {
    long now = System.nanoTime();
    if (now - told >= INTERVAL && done < all) {
      told = now;
      console.say(line(done, all, before, seconds, (now - began) / 1e9));
    }
  }

  /** The line for a time since the beginning (seconds). */
  String line(long done, long all, long before, double seconds, double elapsed) {
    double left = elapsed * (all - done) / Math.max(1, done - before);
    return String.format(
        Locale.ROOT,
        "%d of %d %s, %.1f× real time, %s left",
        done,
        all,
        things,
        seconds / elapsed,
        duration(left));
  }

  /** A time for people. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 120) {
      return whole + " s";
    }
    return whole < 7200
        ? Math.round(whole / 60.0) + " min"
        : String.format(Locale.ROOT, "%.1f h", whole / 3600.0);
  }
}

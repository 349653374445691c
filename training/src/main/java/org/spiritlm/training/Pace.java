package org.spiritlm.training;

import java.time.Duration;

/** How fast work goes, and how long it will take. */
public final class Pace {
  /** How much the newest step counts. */
  private static final double NEWEST = 0.05;

  private long before = System.nanoTime();
  private double secondsAStep;
  private double unitsAStep;
  private long steps;

  /** A step is done, with so many units. */
  void add(long units) {
    long now = System.nanoTime();
    double weight = Math.max(NEWEST, 1.0 / ++steps);
    secondsAStep += weight * ((now - before) / 1e9 - secondsAStep);
    unitsAStep += weight * (units - unitsAStep);
    before = now;
  }

  /** Units a second. */
  double rate() {
    return unitsAStep / secondsAStep;
  }

  /** How long so many steps will take, such as {@code 2 h 5 min}. */
  String left(long more) {
    return shown(secondsAStep * more);
  }

  /** A time for people, such as {@code 2 h 5 min}. */
  public static String shown(double seconds) {
    Duration time = Duration.ofMillis((long) (1e3 * seconds));
    if (time.toHours() > 0) {
      return time.toHours() + " h " + time.toMinutesPart() + " min";
    }
    return time.toMinutes() > 0
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
        : time.toSeconds() + " s";
  }
}

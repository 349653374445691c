package org.spiritlm.app.bench;

import java.util.function.Supplier;

/**
 * One thing to measure.
 *
 * @param name what it is called on the command line and in {@code tools/bench}
 * @param unit what the value is in, work for each second, so that more is better
 * @param bytes read from memory for each unit of work at least, or 0 where other things than memory
 *     set the pace
 * @param prepare makes what is measured, with random weights; it is called once, before the first
 *     round
 */
public record Benchmark(String name, String unit, long bytes, Supplier<Task> prepare) {
  /** One whose pace memory does not set. */
  public Benchmark(String name, String unit, Supplier<Task> prepare) {
    this(name, unit, 0, prepare);
  }

  /** What a round does. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does the work of one round.
     *
     * @param round its number; work of another size for each round depends on it alone
     * @param clock runs already; started again where preparation ends
     * @return how much was done, in the benchmark's unit times seconds
     */
    double run(int round, Clock clock);
  }

  /** Measures time. */
  public static final class Clock {
    private long began;

    Clock() {
      start();
    }

    /** Starts from zero. */
    public void start() {
      began = System.nanoTime();
    }

    double seconds() {
      return (System.nanoTime() - began) / 1e9;
    }
  }

  /** The work of one round for each second that it took. */
  public static double measure(Task task, int round) {
    Clock clock = new Clock();
    double work = task.run(round, clock);
    return work / clock.seconds();
  }
}

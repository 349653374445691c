package org.spiritlm.inspection;

import java.util.Arrays;

/** Counts values in bins of equal width; what lies beyond the last is counted in it. */
final class Histogram {
  private final double width;
  private final long[] counts;

  /**
   * An empty one.
   *
   * @param width of a bin, which begin at 0
   */
  Histogram(double width, int bins) {
    this.width = width;
    this.counts = new long[bins];
  }

  void add(double value) {
    counts[(int) Math.max(0, Math.min(counts.length - 1, Math.floor(value / width)))]++;
  }

  /** As a chart; bins after the last that holds something are left out. */
  BarChart chart(String file, String title, String unit) {
    int last = 0;
    for (int i = 0; i < counts.length; i++) {
      last = counts[i] > 0 ? i : last;
    }
    return new BarChart(file, title, unit, width, Arrays.copyOf(counts, last + 1));
  }
}

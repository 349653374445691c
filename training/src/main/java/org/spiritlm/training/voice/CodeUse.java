package org.spiritlm.training.voice;

import java.util.Arrays;

/** How often each of a number of codes was used. */
final class CodeUse {
  private final long[] counts;

  CodeUse(int codes) {
    this.counts = new long[codes];
  }

  void add(int[] codes) {
    for (int code : codes) {
      counts[code]++;
    }
  }

  /** How often each was used. */
  long[] counts() {
    return counts.clone();
  }

  /** How many codes there were in all. */
  long all() {
    return Arrays.stream(counts).sum();
  }

  /** How many different ones. */
  int used() {
    return (int) Arrays.stream(counts).filter(count -> count > 0).count();
  }

  /** The share of the most frequent one, 0 where there is none. */
  double largestShare() {
    long most = Arrays.stream(counts).max().orElse(0);
    return most == 0 ? 0 : (double) most / all();
  }

  /** As many codes used equally often would be as hard to guess; 1 where there is none. */
  double perplexity() {
    double all = all();
    double entropy = 0;
    for (long count : counts) {
      if (count > 0) {
        entropy -= count / all * Math.log(count / all);
      }
    }
    return Math.exp(entropy);
  }
}

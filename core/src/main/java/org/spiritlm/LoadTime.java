package org.spiritlm;

/** What one call spent on parts that were needed for the first time. */
final class LoadTime {
  private long nanos;

  <T> T of(Lazy<T> part) {
    long began = System.nanoTime();
    try {
      return part.get();
    } finally {
      nanos += System.nanoTime() - began;
    }
  }

  double seconds() {
    return nanos / 1e9;
  }
}

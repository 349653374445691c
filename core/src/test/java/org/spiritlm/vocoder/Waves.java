package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;

/** Comparison of samples. */
final class Waves {
  private Waves() {}

  static void assertClose(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
        throw new AssertionError(
            "sample " + i + " is " + actual[i] + ", expected " + expected[i] + " ± " + tolerance);
      }
    }
  }

  static float[] joined(float[] head, float[] tail) {
    float[] all = java.util.Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }
}

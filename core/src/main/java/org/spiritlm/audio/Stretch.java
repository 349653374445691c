package org.spiritlm.audio;

import org.spiritlm.torch.InputException;

/**
 * The part of a recording that is read, in samples: equal to that part of the whole recording after
 * resampling, bit for bit.
 *
 * <p>Reading begins a little before it, at a whole period of the resampler, so that the weights
 * fall on the same samples as when the whole recording is read, and none falls before the
 * beginning.
 *
 * @param source the first sample of the recording that is needed, at the recording's rate
 * @param base the sample, at the rate wanted, that the resampler then gives first
 * @param from the first sample that is given out, at the rate wanted
 * @param to the sample after the last, or {@link Long#MAX_VALUE} for the recording's end
 */
record Stretch(long source, long base, long from, long to) {
  /**
   * What the resampler looks back on, with room (seconds): at its lowest rate the window is 14 ms.
   */
  private static final double CONTEXT_SECONDS = 0.1;

  /**
   * The stretch that options ask for.
   *
   * @param recorded the recording's rate (Hz)
   * @param wanted the rate wanted (Hz)
   * @throws InputException if it holds no sample
   */
  static Stretch of(AudioReader.Options options, int recorded, int wanted) {
    long from = Math.round(options.start() * wanted);
    long to =
        options.end() == Double.POSITIVE_INFINITY
            ? Long.MAX_VALUE
            : Math.round(options.end() * wanted);
    if (to <= from) {
      throw new InputException(
          "the stretch from " + options.start() + " s to " + options.end() + " s holds no sample");
    }
    int divisor = gcd(recorded, wanted);
    long inputs = recorded / divisor; // of one period
    long outputs = wanted / divisor;
    long context = (long) Math.ceil(CONTEXT_SECONDS * recorded / inputs) + 1;
    long period = Math.max(0, from / outputs - (recorded == wanted ? 0 : context));
    return new Stretch(period * inputs, period * outputs, from, to);
  }

  /** Whether the recording is read from its beginning to its end. */
  boolean isWhole() {
    return from == 0 && to == Long.MAX_VALUE;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}

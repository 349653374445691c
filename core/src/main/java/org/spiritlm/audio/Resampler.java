package org.spiritlm.audio;

import java.util.Arrays;
import org.spiritlm.torch.InputException;

/**
 * Changes the sample rate by windowed-sinc interpolation, of a whole signal or of one that comes in
 * chunks: for any chunking the result is the same, bit for bit.
 *
 * <p>The filter is torchaudio's default (a Hann window, {@value #ZERO_CROSSINGS} zero crossings on
 * each side, roll-off {@value #ROLLOFF}), its weights computed in float32 as there. Both rates are
 * divided by their greatest common divisor; each of the {@code to} phases that are left has its own
 * weights, of which only those inside the window are kept.
 *
 * <p>One resampler is for one signal. Not thread-safe.
 */
public final class Resampler {
  /** Zero crossings of the sinc on each side of its middle. */
  private static final int ZERO_CROSSINGS = 6;

  /** Cut-off frequency as a share of the lower rate's Nyquist frequency. */
  private static final double ROLLOFF = 0.99;

  /** The lowest rate that is resampled from or to (Hz). */
  public static final int LOWEST_RATE = 1000;

  /** The highest rate that is resampled from or to (Hz). */
  public static final int HIGHEST_RATE = 768_000;

  private final int from; // input samples of one period of the phases
  private final int to; // phases
  private final int taps;
  private final int[] starts; // [to], the input sample of the first weight, relative to the period
  private final float[] weights; // [to, taps]
  private float[] input; // received samples that are still needed
  private long inputStart; // number of the first of them, counted from the signal's beginning
  private int held; // how many of them there are
  private long produced;

  /**
   * Starts a signal.
   *
   * @param from its rate (Hz)
   * @param to the rate wanted (Hz)
   * @throws InputException if a rate is not in {@link #LOWEST_RATE} to {@link #HIGHEST_RATE}
   */
  public Resampler(int from, int to) {
    check(from);
    check(to);
    int divisor = gcd(from, to);
    this.from = from / divisor;
    this.to = to / divisor;
    double cutOff = Math.min(this.from, this.to) * ROLLOFF; // in periods, as every time below
    int width = (int) Math.ceil(ZERO_CROSSINGS * this.from / cutOff);
    this.taps = this.from == this.to ? 1 : 2 * width + 1;
    this.starts = new int[this.to];
    this.weights = new float[this.to * taps];
    if (this.from == this.to) {
      weights[0] = 1;
    } else {
      for (int phase = 0; phase < this.to; phase++) {
        fill(phase, width, cutOff);
      }
    }
    // Before its beginning the signal is zero.
    this.held = this.from == this.to ? 0 : width;
    this.inputStart = -held;
    this.input = new float[held];
  }

  /** The weights of one phase, which are a sinc under a window around the phase's time. */
  private void fill(int phase, int width, double cutOff) {
    int start = (int) ((long) phase * from / to) - width;
    starts[phase] = start;
    float scale = (float) (cutOff / from);
    for (int tap = 0; tap < taps; tap++) {
      // In float32 step by step, as the reference computes them.
      float time = (float) -phase / to + (float) (start + tap) / from;
      time *= (float) cutOff;
      if (Math.abs(time) < ZERO_CROSSINGS) {
        float cosine = (float) Math.cos(time * (float) Math.PI / ZERO_CROSSINGS / 2);
        float angle = time * (float) Math.PI;
        float sinc = angle == 0 ? 1 : (float) Math.sin(angle) / angle;
        weights[phase * taps + tap] = sinc * (cosine * cosine * scale);
      }
    }
  }

  /** A whole signal at another rate. */
  public static float[] resample(float[] samples, int from, int to) {
    if (from == to) {
      return samples.clone();
    }
    Resampler resampler = new Resampler(from, to);
    float[] first = resampler.add(samples);
    float[] last = resampler.finish();
    float[] all = Arrays.copyOf(first, first.length + last.length);
    System.arraycopy(last, 0, all, first.length, last.length);
    return all;
  }

  /** Takes the next samples, any number, and returns those of the result that are ready. */
  public float[] add(float[] samples) {
    return add(samples, samples.length);
  }

  /** As {@link #add(float[])}, of the first {@code count} samples of an array. */
  public float[] add(float[] samples, int count) {
    append(samples, count);
    long received = inputStart + held;
    // Ready is every whole period whose last phase's last weight falls on a received sample.
    long periods = Math.floorDiv(received - starts[to - 1] - taps, from) + 1;
    return produce(Math.max(produced, periods * to));
  }

  /**
   * Ends the signal and returns the rest of the result, {@code ceil(length * to / from)} in all.
   */
  public float[] finish() {
    long received = inputStart + held;
    long length = Math.floorDiv(received * to + from - 1, from);
    int missing = Math.max(0, starts[to - 1] + taps + from); // after its end the signal is zero
    append(new float[missing], missing);
    return produce(length);
  }

  private void append(float[] samples, int count) {
    if (held + count > input.length) {
      input = Arrays.copyOf(input, held + count);
    }
    System.arraycopy(samples, 0, input, held, count);
    held += count;
  }

  /** The result up to a sample, counted from the signal's beginning; drops what is used up. */
  private float[] produce(long end) {
    float[] result = new float[Math.toIntExact(end - produced)];
    int phase = (int) (produced % to);
    long period = produced / to * from;
    for (int i = 0; i < result.length; i++) {
      int at = (int) (period + starts[phase] - inputStart);
      int weight = phase * taps;
      float sum = 0;
      for (int tap = 0; tap < taps; tap++) {
        sum += input[at + tap] * weights[weight + tap];
      }
      result[i] = sum;
      if (++phase == to) {
        phase = 0;
        period += from;
      }
    }
    produced = end;
    int used = (int) (produced / to * from + starts[0] - inputStart);
    if (used > 0) {
      held -= used;
      System.arraycopy(input, used, input, 0, held);
      inputStart += used;
    }
    return result;
  }

  private static void check(int rate) {
    if (rate < LOWEST_RATE || rate > HIGHEST_RATE) {
      throw new InputException(
          "a sample rate of "
              + rate
              + " Hz cannot be resampled; expected "
              + LOWEST_RATE
              + " to "
              + HIGHEST_RATE
              + " Hz");
    }
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}

package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.spiritlm.units.pitch.PitchContour;

class ExcitationTest {
  private static final int HOP = 160;

  /** A contour that glides about, with gaps. */
  private static PitchContour contour(int steps) {
    SplittableRandom random = new SplittableRandom(4);
    float[] hertz = new float[steps];
    boolean[] voiced = new boolean[steps];
    for (int i = 0; i < steps; i++) {
      hertz[i] = 150 + 60 * (float) Math.sin(i / 5.0);
      boolean turns = random.nextInt(8) == 0;
      voiced[i] = i > 0 && voiced[i - 1] != turns;
    }
    return new PitchContour(hertz, voiced);
  }

  private static PitchContour tone(int steps, double hertz) {
    float[] all = new float[steps];
    boolean[] voiced = new boolean[steps];
    Arrays.fill(all, (float) hertz);
    Arrays.fill(voiced, true);
    return new PitchContour(all, voiced);
  }

  private static float[][] pieces(PitchContour contour, int steps) {
    float[][] both = new float[2][2 * HOP * steps];
    new Excitation(HOP).pieces(contour, steps, both[0], both[1], 0);
    return both;
  }

  @Test
  void eachPieceBeginsWithTheSecondHalfOfTheOneBefore() {
    int steps = 40;
    for (float[] all : pieces(contour(steps), steps)) {
      for (int step = 1; step < steps; step++) {
        int at = 2 * HOP * step;
        assertThat(Arrays.copyOfRange(all, at, at + HOP))
            .isEqualTo(Arrays.copyOfRange(all, at - HOP, at));
      }
    }
  }

  /** Steps that come one by one, each with the one after it, give what all together give. */
  @Test
  void stepsOneByOneAreThoseTogether() {
    int steps = 40;
    PitchContour whole = contour(steps);
    float[][] expected = pieces(whole, steps);
    float[][] found = new float[2][2 * HOP * steps];
    Excitation source = new Excitation(HOP);
    for (int step = 0; step < steps; step++) {
      int end = Math.min(step + 2, steps);
      PitchContour known =
          new PitchContour(
              Arrays.copyOfRange(whole.hertz(), step, end),
              Arrays.copyOfRange(whole.voiced(), step, end));
      source.pieces(known, 1, found[0], found[1], 2 * HOP * step);
    }
    assertThat(found).isDeepEqualTo(expected);
  }

  /** At 200 Hz there are 39 harmonics of one amplitude; all else is silence. */
  @Test
  void pulsesAreHarmonicsOfOneAmplitude() {
    int steps = 12;
    float[] pulses = pieces(tone(steps, 200), steps)[0];
    float[] tenth = new float[1600]; // of a second: 20 periods
    for (int step = 0; step < 10; step++) {
      System.arraycopy(pulses, 2 * HOP * (step + 1), tenth, HOP * step, HOP);
    }
    double square = 0;
    for (float sample : tenth) {
      square += (double) sample * sample / tenth.length;
    }
    assertThat(square).isEqualTo(1, within(1e-3));
    for (int bin = 1; bin < 800; bin++) { // 10 Hz each
      double real = 0;
      double imaginary = 0;
      for (int i = 0; i < tenth.length; i++) {
        real += tenth[i] * Math.cos(2 * Math.PI * bin * i / tenth.length);
        imaginary += tenth[i] * Math.sin(2 * Math.PI * bin * i / tenth.length);
      }
      double amplitude = 2 * Math.hypot(real, imaginary) / tenth.length;
      double expected = bin % 20 == 0 ? Math.sqrt(2.0 / 39) : 0;
      assertThat(amplitude).as("%d Hz", 10 * bin).isEqualTo(expected, within(1e-3));
    }
  }

  @Test
  void withoutAVoiceThereIsNoiseAlone() {
    int steps = 200;
    float[][] both = pieces(new PitchContour(new float[steps], new boolean[steps]), steps);
    assertThat(both[0]).containsOnly(0);
    double mean = 0;
    double square = 0;
    for (float sample : both[1]) {
      mean += (double) sample / both[1].length;
      square += (double) sample * sample / both[1].length;
    }
    assertThat(mean).isEqualTo(0, within(0.02));
    assertThat(square).isEqualTo(1, within(0.02));
  }
}

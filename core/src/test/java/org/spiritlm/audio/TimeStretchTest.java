package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of speed and pitch, one is changed and the other is not. */
final class TimeStretchTest {
  private static final int RATE = Audio.SPEECH_RATE;

  private static float[] tone(double hertz, int samples) {
    float[] tone = new float[samples];
    for (int i = 0; i < samples; i++) {
      tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * hertz * i / RATE));
    }
    return tone;
  }

  private static double power(float[] samples) {
    double sum = 0;
    for (float sample : samples) {
      sum += sample * sample;
    }
    return sum / samples.length;
  }

  /** By the zeros in the middle of the sound. */
  private static double hertz(float[] samples) {
    int from = samples.length / 4;
    int to = 3 * samples.length / 4;
    int rises = 0;
    for (int i = from; i < to; i++) {
      rises += samples[i] < 0 && samples[i + 1] >= 0 ? 1 : 0;
    }
    return (double) rises * RATE / (to - from);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.8, 1, 1.25})
  void speedLeavesThePitch(double speed) {
    float[] tone = tone(230, 2 * RATE);
    float[] stretched = TimeStretch.stretched(tone, speed);
    assertThat(stretched.length).isEqualTo((int) Math.round(2 * RATE / speed));
    assertThat(hertz(stretched)).isEqualTo(230, within(4.0));
    assertThat(power(stretched)).isEqualTo(power(tone), within(0.1 * power(tone)));
    if (speed == 1) {
      assertThat(Arrays.copyOf(stretched, RATE))
          .containsExactly(Arrays.copyOf(tone, RATE), within(1e-3f));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.8, 1.2})
  void pitchLeavesTheLength(double factor) {
    float[] shifted = TimeStretch.shifted(tone(230, 2 * RATE), factor);
    assertThat(shifted.length).isEqualTo(2 * RATE);
    assertThat(hertz(shifted)).isEqualTo(230 * factor, within(5.0));
  }
}

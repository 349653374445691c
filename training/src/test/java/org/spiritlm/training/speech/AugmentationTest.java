package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.torch.InputException;

/** Speech is changed in the way that is said, and no other. */
final class AugmentationTest {
  private static final int RATE = 16_000;

  private static float[] tone(double hertz, int samples) {
    float[] tone = new float[samples];
    for (int i = 0; i < samples; i++) {
      tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * hertz * i / RATE));
    }
    return tone;
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
    assertThat(Augmentation.power(stretched))
        .isEqualTo(Augmentation.power(tone), within(0.1 * Augmentation.power(tone)));
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

  @Test
  void noiseIsAsFarAsSaid() {
    float[] speech = tone(100, RATE);
    float[] noise = tone(3000, RATE);
    float[] mixed = Augmentation.mixed(speech, noise, 10);
    float[] added = new float[RATE];
    for (int i = 0; i < RATE; i++) {
      added[i] = mixed[i] - speech[i];
    }
    assertThat(10 * Math.log10(Augmentation.power(speech) / Augmentation.power(added)))
        .isEqualTo(10, within(0.01));
    assertThat(Augmentation.mixed(speech, new float[RATE], 10)).isEqualTo(speech);
  }

  @Test
  void anEchoComesAfterTheSoundAndFallsOff() {
    float[] click = new float[RATE];
    click[1000] = 1;
    float[] echo = Augmentation.reverberated(click, 0.3, new SplittableRandom(1));
    for (int i = 0; i < 1000; i++) {
      assertThat(echo[i]).isEqualTo(0, within(1e-4f));
    }
    double early = Augmentation.power(Arrays.copyOfRange(echo, 1001, 1600));
    double late = Augmentation.power(Arrays.copyOfRange(echo, 4000, 4600));
    assertThat(early).isGreaterThan(20 * late);
    assertThat(echo[1000]).isGreaterThan(0.5f);
    assertThat(Augmentation.power(echo))
        .isEqualTo(Augmentation.power(click), within(0.01 * Augmentation.power(click)));
  }

  @Test
  void allFollowsFromTheSeedAndNothingIsDoneToNone() {
    Augmentation all = new Augmentation(1, 1.25, 4, 0.5, 5);
    float[] tone = tone(200, RATE);
    float[] before = tone.clone();
    float[] first = all.apply(tone, new SplittableRandom(7), () -> tone(500, 100));
    assertThat(all.apply(tone, new SplittableRandom(7), () -> tone(500, 100))).isEqualTo(first);
    assertThat(all.apply(tone, new SplittableRandom(8), () -> tone(500, 100))).isNotEqualTo(first);
    assertThat(tone).isEqualTo(before);
    Augmentation none = new Augmentation(0, 1.25, 4, 0.5, 5);
    assertThat(none.apply(tone, new SplittableRandom(7), () -> tone)).isSameAs(tone);
    assertThatThrownBy(() -> new Augmentation(0.5, 0.5, 4, 0.5, 5))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'speed'");
  }

  @Test
  void shortAndSilentSpeechIsEndured() {
    Augmentation all = new Augmentation(1, 1.25, 4, 0.5, 5);
    for (int length : new int[] {0, 1, 2, 700}) {
      for (float sample :
          all.apply(new float[length], new SplittableRandom(3), () -> new float[0])) {
        assertThat(sample).isFinite();
      }
    }
  }
}

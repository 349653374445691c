package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
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

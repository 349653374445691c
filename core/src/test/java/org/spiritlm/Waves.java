package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import org.spiritlm.audio.Audio;

/** Comparison of audio. */
final class Waves {
  private Waves() {}

  static void assertClose(Audio actual, Audio expected, double tolerance) {
    assertThat(actual.sampleRate()).isEqualTo(expected.sampleRate());
    assertThat(actual.samples()).hasSameSizeAs(expected.samples());
    double furthest = 0;
    for (int i = 0; i < expected.samples().length; i++) {
      furthest = Math.max(furthest, Math.abs(actual.samples()[i] - expected.samples()[i]));
    }
    assertThat(furthest).isLessThanOrEqualTo(tolerance);
  }
}

package org.spiritlm.alignment;

/** Sounds that tests make. */
final class Waves {
  private Waves() {}

  /** A tone that rises, unlike that of every other number. */
  static float[] chirp(int samples, int number) {
    float[] wave = new float[samples];
    for (int i = 0; i < samples; i++) {
      wave[i] = (float) (0.3 * Math.sin(0.02 * i * (1 + 0.0003 * i) + number));
    }
    return wave;
  }
}

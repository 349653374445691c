package org.spiritlm.training.voice;

import java.util.SplittableRandom;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.PitchContour;

/** Recordings whose samples say what their pitch is: above 0 there is a voice. */
record Melodies(int count, int frames, long seed) implements VoiceItems {
  @Override
  public VoiceItem item(int index) {
    return new VoiceItem(
        "melody " + index,
        new SpeechUnits(new int[0], null, null),
        (frames - 1) * PitchContour.HOP,
        null,
        null);
  }

  @Override
  public float[] samples(int index) {
    SplittableRandom random = new SplittableRandom(seed + index);
    float[] samples = new float[(frames - 1) * PitchContour.HOP];
    double height = 0.5;
    double slope = 0;
    boolean voiced = true;
    for (int t = 0; t < frames; t++) {
      if (t % 8 == 0) {
        slope = random.nextDouble(-0.06, 0.06);
        voiced = random.nextInt(4) > 0;
      }
      height = Math.max(0.05, Math.min(0.95, height + slope));
      for (int n = t * PitchContour.HOP;
          n < Math.min(samples.length, (t + 1) * PitchContour.HOP);
          n++) {
        samples[n] = (float) (voiced ? height : -height);
      }
    }
    return samples;
  }

  /** Reads the pitch off the samples. */
  static PitchContour extract(float[] samples) {
    int frames = PitchContour.frames(samples.length);
    float[] hertz = new float[frames];
    boolean[] voiced = new boolean[frames];
    for (int t = 0; t < frames; t++) {
      float sample = samples[Math.min(t * PitchContour.HOP, samples.length - 1)];
      hertz[t] = 100 + 100 * Math.abs(sample);
      voiced[t] = sample > 0;
    }
    return new PitchContour(hertz, voiced);
  }
}

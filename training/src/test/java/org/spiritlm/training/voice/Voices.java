package org.spiritlm.training.voice;

import java.util.SplittableRandom;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.pitch.PitchContour;

/** Recordings whose sound follows from their units: a tone for each, its pitch by the speaker. */
record Voices(int count, int frames, int hop, long seed) implements VoiceItems {
  private static final String[] SPEAKERS = {"low", "high"};
  private static final String[] STYLES = {"flat", "loud"};

  @Override
  public VoiceItem item(int index) {
    SplittableRandom random = new SplittableRandom(seed + index);
    int[] hubert = new int[frames];
    int unit = random.nextInt(6);
    for (int i = 0; i < frames; i++) {
      unit = random.nextInt(3) == 0 ? random.nextInt(6) : unit;
      hubert[i] = unit;
    }
    int[] pitch = random.ints((frames + 1) / 2, 0, 4).toArray();
    int[] style = random.ints((frames + 4) / 5, 0, 3).toArray();
    return new VoiceItem(
        "voices/" + index,
        new SpeechUnits(hubert, pitch, style),
        frames * hop,
        SPEAKERS[index % 2],
        STYLES[index / 2 % 2]);
  }

  /** The pitch of a tone whose period is so short that zero crossings tell it. */
  static PitchContour contour(float[] samples) {
    int count = PitchContour.frames(samples.length);
    float[] hertz = new float[count];
    boolean[] voiced = new boolean[count];
    int reach = PitchContour.HOP;
    for (int i = 0; i < count; i++) {
      int from = Math.max(1, i * PitchContour.HOP - reach);
      int to = Math.min(samples.length, i * PitchContour.HOP + reach);
      int crossings = 0;
      for (int n = from; n < to; n++) {
        crossings += samples[n] >= 0 && samples[n - 1] < 0 ? 1 : 0;
      }
      hertz[i] = Math.max(100, (float) crossings * Audio.SPEECH_RATE / (to - from));
      voiced[i] = true;
    }
    return new PitchContour(hertz, voiced);
  }

  @Override
  public float[] samples(int index) {
    VoiceItem item = item(index);
    float[] samples = new float[frames * hop];
    double phase = 0;
    double base = index % 2 == 0 ? 200 : 420;
    for (int i = 0; i < samples.length; i++) {
      double hertz = base * (1 + item.units().hubert()[i / hop]);
      phase += 2 * Math.PI * hertz / Audio.SPEECH_RATE;
      samples[i] = (float) (0.4 * Math.sin(phase));
    }
    return samples;
  }
}

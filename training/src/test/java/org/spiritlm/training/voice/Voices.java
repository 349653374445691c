package org.spiritlm.training.voice;

import java.util.SplittableRandom;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.SpeechUnits;

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

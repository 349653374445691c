package org.spiritlm.training.voice;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.units.SpeechUnits;

/** Recordings whose styles sound apart: hissing, humming, and a beating whistle. */
record Manners(int count, int samples, long seed, boolean areLabelled) implements VoiceItems {
  private static final String[] STYLES = {"hiss", "hum", "beat"};

  @Override
  public VoiceItem item(int index) {
    @Nullable String style = areLabelled ? STYLES[index % 3] : null;
    return new VoiceItem(
        "manner-" + index, new SpeechUnits(new int[0], null, null), samples, "one", style);
  }

  @Override
  public float[] samples(int index) {
    SplittableRandom random = new SplittableRandom(seed + index);
    double hertz = random.nextDouble(180, 260) * (index % 3 == 2 ? 6 : 1);
    float[] sound = new float[samples];
    for (int i = 0; i < samples; i++) {
      double time = (double) i / Audio.SPEECH_RATE;
      double tone = Math.sin(2 * Math.PI * hertz * time);
      double value =
          switch (index % 3) {
            case 0 -> random.nextDouble(-1, 1);
            case 1 -> tone;
            default -> tone * Math.sin(2 * Math.PI * 8 * time);
          };
      sound[i] = (float) (0.5 * value);
    }
    return sound;
  }
}

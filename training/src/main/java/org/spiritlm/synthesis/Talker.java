package org.spiritlm.synthesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.Resampler;
import org.spiritlm.synthesis.Reading.PlannedPhone;
import org.spiritlm.torch.InputException;

/**
 * Speaks English text with FreeTTS's voice kevin16, in any voice and style.
 *
 * <p>Not thread-safe; each thread needs its own, which takes half a second to make.
 */
public final class Talker {
  /** Root mean square of usual speech, pauses left out. */
  private static final double LEVEL = 0.06;

  /** The highest amplitude; louder speech is made softer as a whole. */
  private static final double PEAK = 0.95;

  private final Reader reader = new Reader();
  private final Diphones diphones = Diphones.shared();

  /**
   * Speaks a text.
   *
   * @param text a sentence, of at most 2000 characters
   * @param seed chooses the breath's noise and how much the utterance differs from others in pitch
   *     and tempo; all else being equal, the same seed gives the same samples
   * @throws InputException if there is something in the text that cannot be said, which is told
   */
  public Speech speak(String text, VoiceProfile voice, SpeakingStyle style, long seed) {
    SpokenText spoken = new SpokenText(text);
    Random random = new Random(seed);
    Prosody plan = new Prosody(reader.read(spoken), voice, style, random);
    int fast = (int) Math.round(Audio.SPEECH_RATE * voice.formants());
    double formants = (double) fast / Audio.SPEECH_RATE;
    Concatenation made = new Concatenation(plan, formants, style, diphones, random);
    float[] samples = Resampler.resample(tilted(made.sound(), style), fast, Audio.SPEECH_RATE);
    List<Phone> phones = phones(plan, made, formants, samples.length);
    setLevel(samples, phones, style);
    Audio audio = new Audio(samples, Audio.SPEECH_RATE);
    return new Speech(audio, words(spoken.words(), phones), phones);
  }

  private static float[] tilted(double[] sound, SpeakingStyle style) {
    float[] samples = new float[sound.length];
    double before = 0;
    for (int i = 0; i < sound.length; i++) {
      samples[i] = (float) ((sound[i] - style.tilt() * before) / 0x1p15);
      before = sound[i];
    }
    return samples;
  }

  private static List<Phone> phones(
      Prosody plan, Concatenation made, double formants, int samples) {
    List<Phone> phones = new ArrayList<>();
    List<PlannedPhone> planned = plan.phones();
    int start = 0;
    for (int i = 0; i < planned.size(); i++) {
      int end = (int) Math.round(made.start(i + 1) / formants);
      if (i == planned.size() - 1) {
        end = samples;
      }
      phones.add(new Phone(planned.get(i).name(), planned.get(i).word(), start, end));
      start = end;
    }
    return phones;
  }

  /** Makes it as loud as the style is, and no louder than a file can hold. */
  private static void setLevel(float[] samples, List<Phone> phones, SpeakingStyle style) {
    double sum = 0;
    double peak = 0;
    long count = 0;
    for (Phone phone : phones) {
      for (int i = phone.start(); i < phone.end(); i++) {
        peak = Math.max(peak, Math.abs(samples[i]));
        if (phone.word() != Phone.NO_WORD) {
          sum += (double) samples[i] * samples[i];
          count++;
        }
      }
    }
    if (sum == 0) {
      return;
    }
    double wanted = LEVEL * StrictMath.pow(10, style.gain() / 20);
    float factor = (float) Math.min(wanted / Math.sqrt(sum / count), PEAK / peak);
    for (int i = 0; i < samples.length; i++) {
      samples[i] *= factor;
    }
  }

  /**
   * The times of all words.
   *
   * @throws InputException if nothing is said of a word with letters
   */
  private static List<AlignedWord> words(List<String> words, List<Phone> phones) {
    int[] starts = new int[words.size()];
    int[] ends = new int[words.size()];
    for (Phone phone : phones) {
      if (phone.word() != Phone.NO_WORD) {
        if (ends[phone.word()] == 0) {
          starts[phone.word()] = phone.start();
        }
        ends[phone.word()] = phone.end();
      }
    }
    List<AlignedWord> aligned = new ArrayList<>();
    int last = phones.isEmpty() ? 0 : phones.get(0).end();
    for (int i = 0; i < starts.length; i++) {
      String word = words.get(i);
      if (ends[i] == 0) { // nothing was said
        if (word.codePoints().anyMatch(Character::isLetterOrDigit)) {
          throw new InputException("FreeTTS knows no way to say '" + word + "'");
        }
        starts[i] = last;
        ends[i] = last;
      }
      aligned.add(new AlignedWord(word, seconds(starts[i]), seconds(ends[i])));
      last = ends[i];
    }
    return aligned;
  }

  private static double seconds(int sample) {
    return (double) sample / Audio.SPEECH_RATE;
  }
}

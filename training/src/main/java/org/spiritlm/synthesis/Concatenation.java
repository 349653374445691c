package org.spiritlm.synthesis;

import com.sun.speech.freetts.diphone.Diphone;
import com.sun.speech.freetts.relp.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.spiritlm.audio.Audio;
import org.spiritlm.synthesis.Reading.PlannedPhone;

/**
 * Makes the sound of a plan from diphones, one pitch period after another: each takes the
 * coefficients and the residual of the recorded period nearest to it.
 *
 * <p>Formants are raised by making everything slower and lower by that factor here and playing it
 * faster afterwards, so times here are those of the plan times the factor.
 */
final class Concatenation {
  private static final Set<String> UNVOICED =
      Set.of("ch", "f", "hh", "k", "p", "s", "sh", "t", "th", Phone.SILENCE);

  /** How loud a whispered vowel is beside a spoken one. */
  private static final double WHISPERED = 0.35;

  /** By how much the steps of a whisper differ in length, as a share. */
  private static final double UNEVEN = 0.3;

  /** A period at the lowest pitch, with room (samples). */
  private static final int LONGEST_PERIOD = 1024;

  private final Prosody plan;
  private final SpeakingStyle style;
  private final double rate; // samples for one second of the plan
  private final Diphones diphones;
  private final Random random;

  private final List<Half> halves = new ArrayList<>();
  private final int[] starts; // [phones], the first sample of each
  private final double[] sound;

  private final double[] coefficients;
  private final float[] residual = new float[LONGEST_PERIOD];

  /** Half a diphone, which is half a phone, and until which sample it is heard. */
  private record Half(Diphone diphone, int part, int phone, double start, double end) {}

  /**
   * Makes the sound.
   *
   * @param formants the factor by which it will be played faster
   * @param random draws the noise
   */
  Concatenation(
      Prosody plan, double formants, SpeakingStyle style, Diphones diphones, Random random) {
    this.plan = plan;
    this.style = style;
    this.rate = Audio.SPEECH_RATE * formants;
    this.diphones = diphones;
    this.random = random;
    this.starts = new int[plan.phones().size()];
    this.sound = new double[(int) Math.round(plan.length() * rate)];
    this.coefficients = new double[diphones.order()];
    addHalves();
    addPeriods();
  }

  /** The sound, in the recording's amplitudes. */
  double[] sound() {
    return sound;
  }

  /** The first sample of a phone; that of the one after the last is the sound's length. */
  int start(int phone) {
    return phone == starts.length ? sound.length : starts[phone];
  }

  private void addHalves() {
    List<PlannedPhone> phones = plan.phones();
    double start = 0;
    for (int i = 0; i + 1 < phones.size(); i++) {
      Diphone diphone = diphones.of(phones.get(i).name(), phones.get(i + 1).name());
      double boundary = plan.end(i) * rate;
      double next = plan.end(i + 1) * rate;
      boolean last = i + 2 == phones.size();
      double middle = last ? next : (boundary + next) / 2;
      halves.add(new Half(diphone, 1, i, start, boundary));
      halves.add(new Half(diphone, 2, i + 1, boundary, middle));
      start = middle;
    }
  }

  private void addPeriods() {
    Arrays.fill(starts, -1);
    double time = 0;
    int at = 0;
    while (Math.round(time) < sound.length) {
      double period = rate / plan.pitch(time / rate);
      if (style.isWhispered()) { // a regular change of coefficients would be heard as a hum
        period *= 1 + UNEVEN * (2 * random.nextDouble() - 1);
      }
      double middle = time + period / 2;
      while (at + 1 < halves.size() && halves.get(at).end() <= middle) {
        at++;
      }
      Half half = halves.get(at);
      int from = (int) Math.round(time);
      int to = (int) Math.min(sound.length, Math.round(time + period));
      if (starts[half.phone()] < 0) {
        starts[half.phone()] = from;
      }
      addPeriod(half, middle, from, to);
      time += period;
    }
    for (int i = starts.length - 1; i >= 0; i--) {
      if (starts[i] < 0) { // shorter than a period
        starts[i] = start(i + 1);
      }
    }
  }

  private void addPeriod(Half half, double middle, int from, int to) {
    double share = (middle - half.start()) / (half.end() - half.start());
    int size = half.diphone().getUnitSize(half.part());
    float place = (float) (Math.max(0, Math.min(1, share)) * size);
    Sample nearest = half.diphone().nearestSample(place, half.part());
    int length = to - from;
    double level = diphones.residual(nearest, residual, length);
    diphones.coefficients(nearest, coefficients);
    breathe(plan.phones().get(half.phone()).name(), level, length);
    for (int i = 0; i < length; i++) {
      double sum = residual[i];
      int now = from + i;
      for (int k = 0; k < coefficients.length && k < now; k++) {
        sum += coefficients[k] * sound[now - 1 - k];
      }
      sound[now] = sum;
    }
  }

  /** Puts noise in the place of a part of the glottal pulses. */
  private void breathe(String phone, double level, int length) {
    if (style.breath() <= 0 || UNVOICED.contains(phone)) {
      return;
    }
    double noise = level * Math.sqrt(3 * style.breath()); // uniform noise has a third of the power
    double pulses = Math.sqrt(1 - style.breath());
    double all = style.isWhispered() ? WHISPERED : 1;
    for (int i = 0; i < length; i++) {
      double drawn = 2 * random.nextFloat() - 1;
      residual[i] = (float) (all * (pulses * residual[i] + noise * drawn));
    }
  }
}

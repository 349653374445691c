package org.spiritlm.synthesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.spiritlm.synthesis.Reading.PitchPoint;
import org.spiritlm.synthesis.Reading.PlannedPhone;

/** When each phone of a reading ends and how high the voice is, for a voice and a style. */
final class Prosody {
  /** The usual standard deviation of the pitch, as a share of its mean. */
  private static final double DEVIATION = 0.11;

  /** A shorter phone could fall between two pitch marks (seconds). */
  private static final double SHORTEST = 0.025;

  /** Below this a voice creaks (Hz). */
  private static final double LOWEST = 60;

  /** Above this a period holds too little of what was recorded (Hz). */
  private static final double HIGHEST = 450;

  /** How much utterances differ from each other: pitch (semitones), range and tempo (shares). */
  private static final double PITCH_SPREAD = 0.5;

  private static final double RANGE_SPREAD = 0.1;
  private static final double TEMPO_SPREAD = 0.04;

  private final List<PlannedPhone> phones = new ArrayList<>();
  private final double[] ends; // seconds
  private final double[] times; // of the points of the pitch, seconds
  private final double[] pitch; // Hz

  /**
   * Plans an utterance.
   *
   * @param random draws in what it differs from others of its voice and style
   */
  Prosody(Reading reading, VoiceProfile voice, SpeakingStyle style, Random random) {
    double semitones = style.semitones() + PITCH_SPREAD * between(random);
    double range = style.range() * (1 + RANGE_SPREAD * between(random));
    double tempo = style.tempo() * (1 + TEMPO_SPREAD * between(random));
    List<PlannedPhone> read = reading.phones();
    double[] starts = new double[read.size()]; // of what was read, in the new time
    List<Double> all = new ArrayList<>();
    double now = 0;
    for (int i = 0; i < read.size(); i++) {
      PlannedPhone phone = read.get(i);
      starts[i] = now;
      now += Math.max(SHORTEST, seconds(phone, style, tempo));
      phones.add(phone);
      all.add(now);
      if (style.gap() > 0 && i + 1 < read.size() && isBetweenWords(phone, read.get(i + 1))) {
        now += style.gap();
        phones.add(new PlannedPhone(Phone.SILENCE, Phone.NO_WORD, style.gap()));
        all.add(now);
      }
    }
    this.ends = all.stream().mapToDouble(Double::doubleValue).toArray();
    double mean = voice.pitch() * StrictMath.pow(2, semitones / 12);
    int points = reading.pitch().size();
    this.times = new double[points];
    this.pitch = new double[points];
    for (int i = 0; i < points; i++) {
      PitchPoint point = reading.pitch().get(i);
      times[i] = moved(point.time(), read, starts, style, tempo);
      double hertz = mean * StrictMath.exp(point.height() * DEVIATION * range);
      pitch[i] = Math.max(LOWEST, Math.min(HIGHEST, hertz));
    }
  }

  private static double between(Random random) {
    return 2 * random.nextDouble() - 1;
  }

  private static double seconds(PlannedPhone phone, SpeakingStyle style, double tempo) {
    double factor = 1;
    if (phone.isPause()) {
      factor = style.pauses();
    } else if (Phone.isVowel(phone.name())) {
      factor = style.vowels();
    }
    return phone.seconds() * factor / tempo;
  }

  private static boolean isBetweenWords(PlannedPhone phone, PlannedPhone next) {
    return !phone.isPause()
        && !next.isPause()
        && phone.word() != next.word()
        && Diphones.areKnown(phone.name(), Phone.SILENCE);
  }

  /** Where a time of the reading is in the plan: as far through the same phone. */
  private static double moved(
      double time, List<PlannedPhone> read, double[] starts, SpeakingStyle style, double tempo) {
    double start = 0;
    for (int i = 0; i < read.size(); i++) {
      PlannedPhone phone = read.get(i);
      if (time <= start + phone.seconds() || i == read.size() - 1) {
        double share = phone.seconds() <= 0 ? 0 : Math.min(1, (time - start) / phone.seconds());
        return starts[i] + share * Math.max(SHORTEST, seconds(phone, style, tempo));
      }
      start += phone.seconds();
    }
    return 0;
  }

  /** All phones, with the pauses that the style puts between words. */
  List<PlannedPhone> phones() {
    return phones;
  }

  /** When a phone ends (seconds). */
  double end(int phone) {
    return ends[phone];
  }

  /** When the last one does (seconds). */
  double length() {
    return ends[ends.length - 1];
  }

  /** How high the voice is at a time (Hz), in a straight line from point to point. */
  double pitch(double time) {
    if (pitch.length == 0) {
      return LOWEST * 2;
    }
    int after = 0;
    while (after < times.length && times[after] < time) {
      after++;
    }
    if (after == 0 || after == times.length) {
      return pitch[Math.min(after, times.length - 1)];
    }
    double gap = times[after] - times[after - 1];
    double share = gap <= 0 ? 1 : (time - times[after - 1]) / gap;
    return pitch[after - 1] + share * (pitch[after] - pitch[after - 1]);
  }
}

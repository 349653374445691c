package org.spiritlm.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.speech.freetts.diphone.Diphone;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;

/** What is spoken sounds as its voice and style say, when its times say. */
final class TalkerTest {
  private static final Talker TALKER = new Talker();
  private static final VoiceProfile KEVIN = VoiceProfile.ALL.get(0);
  private static final SpeakingStyle NEUTRAL = SpeakingStyle.ALL.get(0);
  private static final String SENTENCE =
      "She sees six small shoes, and all of us sat in the sun on Sunday.";

  private static Speech speak(String text) {
    return TALKER.speak(text, KEVIN, NEUTRAL, 1);
  }

  private static Speech in(String style) {
    return TALKER.speak(SENTENCE, KEVIN, SpeakingStyle.of(List.of(style)).get(0), 1);
  }

  @Test
  void phonesFillTheAudioAndWordsAreTheirs() {
    for (VoiceProfile voice : VoiceProfile.ALL) {
      for (SpeakingStyle style : SpeakingStyle.ALL) {
        Speech speech = TALKER.speak(SENTENCE, voice, style, 7);
        int end = 0;
        for (Phone phone : speech.phones()) {
          assertThat(phone.start()).isEqualTo(end);
          assertThat(phone.end()).isGreaterThan(end);
          end = phone.end();
        }
        assertThat(end).isEqualTo(speech.audio().samples().length);
        List<String> words = List.of(SENTENCE.split(" ", -1));
        assertThat(speech.words()).extracting(AlignedWord::word).isEqualTo(words);
        for (int i = 0; i < words.size(); i++) {
          int word = i;
          List<Phone> own = speech.phones().stream().filter(p -> p.word() == word).toList();
          AlignedWord aligned = speech.words().get(i);
          assertThat(aligned.start()).isEqualTo(own.get(0).start() / 16_000.0);
          assertThat(aligned.end()).isEqualTo(own.get(own.size() - 1).end() / 16_000.0);
        }
      }
    }
  }

  /** Hissing sounds change their sign several times as often as vowels, at every place. */
  @Test
  void hissesAreHeardWhereTheTimesSay() {
    for (VoiceProfile voice : VoiceProfile.ALL) {
      Speech speech = TALKER.speak(SENTENCE, voice, NEUTRAL, 3);
      double hiss = lowest(speech, phone -> phone.name().equals("s"));
      double vowel = highest(speech, phone -> Phone.isVowel(phone.name()));
      assertThat(hiss).as(voice.name()).isGreaterThan(1.2 * vowel);
    }
  }

  private static double lowest(Speech speech, Predicate<Phone> which) {
    return crossings(speech, which).min().orElseThrow();
  }

  private static double highest(Speech speech, Predicate<Phone> which) {
    return crossings(speech, which).max().orElseThrow();
  }

  private static DoubleStream crossings(Speech speech, Predicate<Phone> which) {
    float[] samples = speech.audio().samples();
    return speech.phones().stream()
        .filter(which)
        .mapToDouble(
            phone -> {
              int edge = (phone.end() - phone.start()) / 4;
              int from = phone.start() + edge;
              int to = phone.end() - edge;
              long changes =
                  IntStream.range(from + 1, to)
                      .filter(i -> samples[i] < 0 != samples[i - 1] < 0)
                      .count();
              return (double) changes / (to - from);
            });
  }

  /** A vowel after a pause is loud within a few periods of its start, and not before. */
  @Test
  void wordsBeginAndEndWithTheirSound() {
    for (String word : List.of("apples", "over", "eight", "even", "all")) {
      for (VoiceProfile voice : VoiceProfile.ALL) {
        Speech speech = TALKER.speak(word + ".", voice, NEUTRAL, 5);
        float[] samples = speech.audio().samples();
        float peak = 0;
        for (float sample : samples) {
          peak = Math.max(peak, Math.abs(sample));
        }
        int first = 0;
        while (Math.abs(samples[first]) < 0.1 * peak) {
          first++;
        }
        double started = speech.words().get(0).start();
        assertThat((double) first / Audio.SPEECH_RATE)
            .as("%s by %s", word, voice.name())
            .isBetween(started - 0.005, started + 0.04);
      }
    }
  }

  @Test
  void pausesAreSilent() {
    Speech speech = speak("One, two; three: four!");
    double inWords = level(speech, phone -> phone.word() != Phone.NO_WORD);
    double inPauses = level(speech, phone -> phone.word() == Phone.NO_WORD);
    assertThat(speech.phones().stream().filter(p -> p.word() == Phone.NO_WORD).count())
        .isEqualTo(5);
    assertThat(inPauses).isLessThan(inWords / 10);
  }

  private static double level(Speech speech, Predicate<Phone> which) {
    double sum = 0;
    int count = 0;
    for (Phone phone : speech.phones()) {
      if (which.test(phone)) {
        for (int i = phone.start(); i < phone.end(); i++) {
          sum += Math.pow(speech.audio().samples()[i], 2);
          count++;
        }
      }
    }
    return Math.sqrt(sum / count);
  }

  @Test
  void voicesHaveTheirPitch() {
    for (VoiceProfile voice : VoiceProfile.ALL) {
      double pitch = pitch(TALKER.speak(SENTENCE, voice, NEUTRAL, 2));
      assertThat(pitch).as(voice.name()).isBetween(voice.pitch() * 0.85, voice.pitch() * 1.15);
    }
  }

  /** The median over vowels of the pitch by autocorrelation (Hz). */
  private static double pitch(Speech speech) {
    double[] all =
        speech.phones().stream()
            .filter(phone -> Phone.isVowel(phone.name()) && phone.end() - phone.start() > 1000)
            .mapToDouble(
                phone ->
                    (double) Audio.SPEECH_RATE
                        / bestLag(speech.audio().samples(), phone.start(), phone.end()))
            .sorted()
            .toArray();
    return all[all.length / 2];
  }

  private static int bestLag(float[] samples, int from, int to) {
    int best = 0;
    double highest = 0;
    for (int lag = 45; lag < 250; lag++) {
      double product = correlation(samples, from, to, lag) * (1 - lag / 2000.0); // no octave lower
      if (product > highest) {
        highest = product;
        best = lag;
      }
    }
    return best;
  }

  private static double correlation(float[] samples, int from, int to, int lag) {
    double sum = 0;
    double first = 1e-12;
    double second = 1e-12;
    for (int i = from + lag; i < to; i++) {
      sum += samples[i] * samples[i - lag];
      first += samples[i] * samples[i];
      second += samples[i - lag] * samples[i - lag];
    }
    return sum / Math.sqrt(first * second);
  }

  @Test
  void stylesDifferInPitchTempoLoudnessAndVoicing() {
    Speech neutral = in("neutral");
    assertThat(pitch(in("happy"))).isGreaterThan(1.1 * pitch(neutral));
    assertThat(pitch(in("sad"))).isLessThan(0.97 * pitch(neutral));
    assertThat(pitch(in("sleepy"))).isLessThan(0.9 * pitch(neutral));
    assertThat(in("fast").audio().seconds()).isLessThan(0.75 * neutral.audio().seconds());
    assertThat(in("sleepy").audio().seconds()).isGreaterThan(1.2 * neutral.audio().seconds());
    assertThat(in("enunciated").audio().seconds()).isGreaterThan(1.2 * neutral.audio().seconds());
    Predicate<Phone> said = phone -> phone.word() != Phone.NO_WORD;
    assertThat(level(in("angry"), said)).isGreaterThan(1.5 * level(neutral, said));
    assertThat(level(in("sad"), said)).isLessThan(0.75 * level(neutral, said));
    assertThat(level(in("whisper"), said)).isLessThan(0.5 * level(neutral, said));
    assertThat(voicing(in("whisper"))).isLessThan(0.5 * voicing(neutral));
  }

  /** How alike vowels are to themselves a period later, on average. */
  private static double voicing(Speech speech) {
    float[] samples = speech.audio().samples();
    return speech.phones().stream()
        .filter(phone -> Phone.isVowel(phone.name()) && phone.end() - phone.start() > 1000)
        .mapToDouble(
            phone ->
                correlation(
                    samples,
                    phone.start(),
                    phone.end(),
                    bestLag(samples, phone.start(), phone.end())))
        .average()
        .orElseThrow();
  }

  @Test
  void enunciatedWordsStandApart() {
    List<AlignedWord> words = in("enunciated").words();
    for (int i = 1; i < words.size(); i++) {
      assertThat(words.get(i).start()).isGreaterThan(words.get(i - 1).end() + 0.04);
    }
  }

  @Test
  void theSeedDecidesEverySample() {
    SpeakingStyle sleepy = SpeakingStyle.of(List.of("sleepy")).get(0);
    float[] samples = TALKER.speak(SENTENCE, KEVIN, sleepy, 4).audio().samples();
    speak("Something else in between.");
    assertThat(TALKER.speak(SENTENCE, KEVIN, sleepy, 4).audio().samples()).isEqualTo(samples);
    assertThat(new Talker().speak(SENTENCE, KEVIN, sleepy, 4).audio().samples()).isEqualTo(samples);
    assertThat(TALKER.speak(SENTENCE, KEVIN, sleepy, 5).audio().samples()).isNotEqualTo(samples);
  }

  @Test
  void numbersAndAbbreviationsAreOneWordEach() {
    Map<String, List<String>> spoken =
        Map.of(
            "Dr. Who", List.of("d aa k t er", "hh uw"),
            "It's $5.50 now",
                List.of("ih t s", "f ay v d aa l er z f ih f t iy s eh n t s", "n aw"),
            "in 1984, yes", List.of("ih n", "n ay n t iy n ey t iy f ao r", "y eh s"),
            "1,000 men", List.of("w aa n th aw z ax n d", "m eh n"),
            "the 2nd & 3rd", List.of("dh ax", "s eh k ax n d", "ae n d", "th er d"),
            "the U.S. is", List.of("dh ax", "y uw eh s", "ih z"),
            "don’t you’re", List.of("d ow n t", "y uh r"),
            "café human", List.of("k ax f ey", "hh y uw m ax n"));
    spoken.forEach(
        (text, phones) -> {
          Speech speech = speak(text);
          List<String> said = new ArrayList<>();
          for (int i = 0; i < speech.words().size(); i++) {
            int word = i;
            said.add(
                String.join(
                    " ",
                    speech.phones().stream()
                        .filter(phone -> phone.word() == word)
                        .map(Phone::name)
                        .toList()));
          }
          assertThat(said).as(text).isEqualTo(phones);
        });
  }

  @Test
  void punctuationAloneTakesNoTime() {
    Speech speech = speak("— Well — yes …");
    assertThat(speech.words())
        .extracting(AlignedWord::word)
        .containsExactly("—", "Well", "—", "yes", "…");
    assertThat(speech.words().get(2).start()).isEqualTo(speech.words().get(1).end());
    assertThat(speech.words().get(2).end()).isEqualTo(speech.words().get(1).end());
    assertThat(speech.words().get(4).end()).isEqualTo(speech.words().get(3).end());
    assertThat(speech.words().get(3).start()).isGreaterThan(speech.words().get(1).end());
  }

  @Test
  void whatCannotBeSaidIsTold() {
    Map<String, String> reasons =
        Map.of(
            "Он сказал yes",
            "another alphabet",
            "日本",
            "U+65E5",
            "I like 😀",
            "U+1F600",
            "...",
            "nothing in it can be said",
            "word ".repeat(500),
            "longer than 2000 characters");
    reasons.forEach(
        (text, reason) ->
            assertThatThrownBy(() -> speak(text))
                .as(text)
                .isInstanceOf(InputException.class)
                .hasMessageContaining(reason));
  }

  @Property(tries = 300)
  void anyTextIsSpokenOrRefused(@ForAll @StringLength(max = 40) String text) {
    spokenOrRefused(text);
  }

  @Property(tries = 300)
  void anyPrintableTextIsSpokenOrRefused(
      @ForAll @CharRange(from = ' ', to = '~') @StringLength(max = 60) String text) {
    spokenOrRefused(text);
  }

  private static void spokenOrRefused(String text) {
    try {
      Speech speech = speak(text);
      assertThat(speech.words()).extracting(AlignedWord::word).isEqualTo(SpokenText.words(text));
      Audio.requireFinite(speech.audio().samples(), 0, Audio.SPEECH_RATE);
      double last = 0;
      for (AlignedWord word : speech.words()) {
        assertThat(word.start()).isGreaterThanOrEqualTo(last);
        assertThat(word.end()).isGreaterThanOrEqualTo(word.start());
        last = word.end();
      }
    } catch (InputException e) {
      assertThat(e).hasMessageNotContaining("Exception");
    }
  }

  /** Otherwise FreeTTS would print a complaint and say something else. */
  @Test
  void thePairsThatAreKnownWereRecorded() {
    String[] phones =
        ("aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh"
                + " uw v w y z zh pau")
            .split(" ", -1);
    Diphones diphones = Diphones.shared();
    for (String first : phones) {
      for (String second : phones) {
        if (Diphones.areKnown(first, second)) {
          Diphone diphone = diphones.of(first, second);
          assertThat(diphone.getName()).isEqualTo(first + "-" + second);
        } else {
          assertThatThrownBy(() -> diphones.of(first, second))
              .isInstanceOf(InputException.class)
              .hasMessageContaining("'" + first + "' and '" + second + "'");
        }
      }
    }
    assertThat(phones).hasSize(41).contains(Phone.SILENCE);
  }
}

package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

class VocoderTest {
  private static final VoiceOptions PREDICT = VoiceOptions.standard();
  private static final VoiceOptions EACH_ONE_FRAME = PREDICT.withPredictedDurations(false);

  private final Vocoder base = Vocoders.vocoder(Vocoders.BASE, 1);
  private final Vocoder expressive = Vocoders.vocoder(Vocoders.EXPRESSIVE, 2);

  private static SpeechUnits units(int... hubert) {
    return new SpeechUnits(hubert, null, null);
  }

  @Test
  void aUnitIsOneFrameUnlessItsDurationIsPredicted() {
    Synthesis speech = base.synthesize(units(1, 2, 3), EACH_ONE_FRAME);
    assertThat(speech.durations()).isNull();
    assertThat(speech.audio().samples()).hasSize(3 * 8);
    assertThat(speech.audio().sampleRate()).isEqualTo(200);

    Synthesis predicted = base.synthesize(units(1, 2, 3), PREDICT);
    assertThat(predicted.durations()).hasSize(3).doesNotContain(0);
    assertThat(predicted.audio().samples()).hasSize(8 * Arrays.stream(predicted.durations()).sum());
  }

  /** They are predicted piece by piece, each with its neighbours. */
  @Test
  void durationsOfLongSpeechAreThoseOfThePartsOfIt() {
    int[] hubert = new int[Vocoder.DURATION_PIECE + 9];
    Arrays.setAll(hubert, i -> i * 7 % 19 % 17);
    int[] durations = base.durations(hubert);
    int from = Vocoder.DURATION_PIECE - 8;
    int[] end = base.durations(Arrays.copyOfRange(hubert, from, hubert.length));
    assertThat(Arrays.copyOfRange(durations, from + Vocoder.DURATION_CONTEXT, hubert.length))
        .isEqualTo(Arrays.copyOfRange(end, Vocoder.DURATION_CONTEXT, end.length))
        .doesNotContain(0);
  }

  @Test
  void durationsRepeatUnits() {
    int[] hubert = {4, 4, 9, 0};
    Synthesis predicted = base.synthesize(units(hubert), PREDICT);
    int[] repeated = new Frames(hubert, null, null).repeated(predicted.durations()).unit();
    assertThat(base.synthesize(units(repeated), EACH_ONE_FRAME).audio().samples())
        .isEqualTo(predicted.audio().samples());
  }

  @Test
  void speakersAndStylesHaveNamesAndNumbers() {
    SpeechUnits units = units(3, 1, 2);
    float[] standard = base.synthesize(units, PREDICT).audio().samples();
    assertThat(base.synthesize(units, PREDICT.withSpeaker("eve")).audio().samples())
        .isEqualTo(standard);
    assertThat(base.synthesize(units, PREDICT.withSpeaker("2").withStyle("1")).audio().samples())
        .isEqualTo(standard);
    assertThat(base.synthesize(units, PREDICT.withSpeaker("bob")).audio().samples())
        .isNotEqualTo(standard);
    assertThat(base.synthesize(units, PREDICT.withStyle("default")).audio().samples())
        .isEqualTo(standard);
    assertThat(base.synthesize(units, PREDICT.withStyle("happy")).audio().samples())
        .isNotEqualTo(standard)
        .isEqualTo(base.synthesize(units, PREDICT.withStyle("0")).audio().samples());
    // The third style has no name in the file.
    assertThat(base.config().styles()).containsExactly("happy", "default", "2");
  }

  @Property(tries = 20)
  void aBatchIsItsSingles(
      @ForAll @Size(min = 1, max = 5)
          List<@Size(min = 1, max = 12) List<@IntRange(max = 19) Integer>> lists,
      @ForAll boolean predict) {
    VoiceOptions voice = PREDICT.withPredictedDurations(predict);
    List<SpeechUnits> batch =
        lists.stream().map(list -> units(list.stream().mapToInt(i -> i).toArray())).toList();
    List<Synthesis> together = base.synthesize(batch, voice);
    assertThat(together).hasSameSizeAs(batch);
    for (int i = 0; i < batch.size(); i++) {
      Synthesis alone = base.synthesize(batch.get(i), voice);
      assertThat(together.get(i).durations()).isEqualTo(alone.durations());
      Waves.assertClose(together.get(i).audio().samples(), alone.audio().samples(), 1e-6);
    }
  }

  @Test
  void pitchAndStyleLastAsLongAsTheirRatesSay() {
    // 2 frames a pitch code, 25 a style; the last code fills up what is missing.
    int[] hubert = {1, 2, 3, 4, 5};
    float[] filled = speak(hubert, new int[] {6, 7}, new int[] {3});
    assertThat(speak(hubert, new int[] {6, 7, 7}, new int[] {3, 5})).isEqualTo(filled);
    assertThat(speak(hubert, new int[] {6, 7, 8}, new int[] {3})).isNotEqualTo(filled);
    assertThat(speak(hubert, new int[] {6, 7, 7, 8}, new int[] {3})).isEqualTo(filled);
    assertThat(speak(hubert, new int[] {6, 7}, new int[] {4})).isNotEqualTo(filled);
    assertThatThrownBy(() -> speak(hubert, new int[] {6}, new int[] {3}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("too few pitch codes: 1 of 2 frames each for 5 units");
  }

  private float[] speak(int[] hubert, int[] pitch, int[] style) {
    // Other counts than units: no durations, although they are asked for.
    Synthesis speech = expressive.synthesize(new SpeechUnits(hubert, pitch, style), PREDICT);
    assertThat(speech.durations()).isNull();
    return speech.audio().samples();
  }

  @Test
  void alignedStreamsAreRepeatedTogether() {
    SpeechUnits units =
        new SpeechUnits(new int[] {1, 2, 3}, new int[] {4, 5, 6}, new int[] {0, 0, 6});
    Synthesis speech = expressive.synthesize(units, PREDICT);
    assertThat(speech.durations()).isNotNull();
    assertThatThrownBy(
            () ->
                expressive.synthesize(
                    new SpeechUnits(units.hubert(), units.pitch(), new int[] {0}), PREDICT))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("1 style tokens for 3 units");
  }

  @Test
  void baseIgnoresWhatItDoesNotTake() {
    float[] plain = base.synthesize(units(1, 2), PREDICT).audio().samples();
    SpeechUnits more = new SpeechUnits(new int[] {1, -1, 2}, new int[] {99}, new int[0]);
    assertThat(base.synthesize(more, PREDICT).audio().samples()).isEqualTo(plain);
  }

  @Test
  void mistakesAreNamed() {
    refused(base, units(), PREDICT, "no units");
    refused(base, units(-1, -2), PREDICT, "no units");
    refused(base, units(1, 20), PREDICT, "Unknown HuBERT unit 20 at place 1", "0 to 19");
    refused(base, units(1), PREDICT.withSpeaker("zoe"), "speaker 'zoe'", "ann, bob, eve, joe");
    refused(base, units(1), PREDICT.withSpeaker("4"), "speaker '4'", "0 to 3");
    refused(base, units(1), PREDICT.withSpeaker("-1"), "speaker '-1'");
    refused(base, units(1), PREDICT.withSpeaker(""), "speaker ''");
    refused(base, units(1), PREDICT.withStyle("sad"), "style 'sad'", "happy, default, 2");
    refused(expressive, units(1), PREDICT.withStyle("happy"), "without styles");
    refused(expressive, units(1, 2), PREDICT, "no pitch");
    refused(expressive, new SpeechUnits(new int[] {1}, new int[] {1}, null), PREDICT, "no style");
    refused(
        expressive,
        new SpeechUnits(new int[] {1, -1}, new int[] {1, 2}, new int[] {1, 2}),
        PREDICT,
        "HuBERT unit -1 at place 1");
    refused(
        expressive,
        new SpeechUnits(new int[] {1}, new int[] {9}, new int[] {1}),
        PREDICT,
        "pitch code 9",
        "0 to 8");
  }

  private static void refused(
      Vocoder vocoder, SpeechUnits units, VoiceOptions voice, String... parts) {
    assertThatThrownBy(() -> vocoder.synthesize(units, voice))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void threadsShareAVocoder() {
    List<float[]> waves =
        java.util.stream.IntStream.range(0, 16)
            .parallel()
            .mapToObj(i -> base.synthesize(units(1, 2, i % 2, 5), PREDICT).audio().samples())
            .toList();
    for (int i = 2; i < waves.size(); i++) {
      assertThat(waves.get(i)).isEqualTo(waves.get(i % 2));
    }
  }
}

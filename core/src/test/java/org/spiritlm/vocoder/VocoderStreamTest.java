package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.checkpoint.SpeechSizes;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechUnits;

class VocoderStreamTest {
  private static final VoiceOptions PREDICT = VoiceOptions.standard();
  private static final VoiceOptions RATED = PREDICT.withPredictedDurations(false);

  private final Vocoder base = Vocoders.vocoder(Vocoders.BASE, 1);
  private final Vocoder expressive = Vocoders.vocoder(Vocoders.EXPRESSIVE, 2);

  private static int[] random(int count, int bound, long seed) {
    return new Random(seed).ints(count, 0, bound).toArray();
  }

  private static SpeechUnits units(int... hubert) {
    return new SpeechUnits(hubert, null, null);
  }

  @Property(tries = 60)
  void baseStreamedIsTheWhole(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 25) Integer> cuts,
      @ForAll boolean predict,
      @ForAll long seed) {
    VoiceOptions voice = PREDICT.withPredictedDurations(predict).withSpeaker("joe");
    int[] hubert = random(sum(cuts) + 1, 20, seed);
    float[] samples = new float[0];
    try (VocoderStream stream = base.stream(voice)) {
      int at = 0;
      for (int cut : cuts) {
        SpeechUnits next = units(Arrays.copyOfRange(hubert, at, at + cut));
        samples = Waves.joined(samples, stream.accept(next).samples());
        at += cut;
      }
      int[] rest = Arrays.copyOfRange(hubert, at, hubert.length);
      samples = Waves.joined(samples, stream.accept(units(rest)).samples());
      samples = Waves.joined(samples, stream.finish().samples());
    }
    Waves.assertClose(samples, base.synthesize(units(hubert), voice).audio().samples(), 1e-5);
  }

  @Property(tries = 60)
  void expressiveStreamedIsTheWholeWithPitchAndStyleOfEachUnit(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 9) Integer> cuts, @ForAll long seed) {
    int count = sum(cuts) + 1;
    int[] hubert = random(count, 20, seed);
    int[] pitch = random(count, 9, seed + 1);
    int[] style = random(count, 7, seed + 2);
    float[] samples = new float[0];
    try (VocoderStream stream = expressive.stream(PREDICT)) {
      int at = 0;
      for (int i = 0; i <= cuts.size(); i++) {
        int end = i < cuts.size() ? at + cuts.get(i) : count;
        SpeechUnits next =
            new SpeechUnits(
                Arrays.copyOfRange(hubert, at, end),
                Arrays.copyOfRange(pitch, at, end),
                Arrays.copyOfRange(style, at, end));
        samples = Waves.joined(samples, stream.accept(next).samples());
        at = end;
      }
      samples = Waves.joined(samples, stream.finish().samples());
    }
    SpeechUnits all = new SpeechUnits(hubert, pitch, style);
    Waves.assertClose(samples, expressive.synthesize(all, PREDICT).audio().samples(), 1e-5);
  }

  /** Each stream may run ahead of the others; at the end a code may be missing, or too many. */
  @Property(tries = 60)
  void expressiveStreamedIsTheWholeAtTheStreamsOwnRates(
      @ForAll @Size(max = 12) List<@IntRange(max = 2) Integer> order,
      @ForAll @IntRange(min = 1, max = 60) int count,
      @ForAll @IntRange(min = -1, max = 3) int more,
      @ForAll long seed) {
    int[] hubert = random(count, 20, seed);
    int[] pitch = random(Math.max(1, (count + 1) / 2 + more), 9, seed + 1);
    int[] style = random(Math.max(1, (count + 24) / 25 + more), 7, seed + 2);
    int[][] streams = {hubert, pitch, style};
    int[] at = new int[3];
    float[] samples = new float[0];
    try (VocoderStream stream = expressive.stream(RATED)) {
      for (int which : order) {
        int end = Math.min(streams[which].length, at[which] + 7);
        int[] part = Arrays.copyOfRange(streams[which], at[which], end);
        at[which] = end;
        SpeechUnits next =
            new SpeechUnits(
                which == 0 ? part : new int[0], which == 1 ? part : null, which == 2 ? part : null);
        samples = Waves.joined(samples, stream.accept(next).samples());
      }
      SpeechUnits rest =
          new SpeechUnits(
              Arrays.copyOfRange(hubert, at[0], hubert.length),
              Arrays.copyOfRange(pitch, at[1], pitch.length),
              Arrays.copyOfRange(style, at[2], style.length));
      samples = Waves.joined(samples, stream.accept(rest).samples());
      samples = Waves.joined(samples, stream.finish().samples());
    }
    SpeechUnits all = new SpeechUnits(hubert, pitch, style);
    Waves.assertClose(samples, expressive.synthesize(all, RATED).audio().samples(), 1e-5);
  }

  private static int sum(List<Integer> numbers) {
    return numbers.stream().mapToInt(i -> i).sum();
  }

  @Test
  void theFirstSampleComesWithTheLastFrameThatItDependsOn() {
    try (VocoderStream stream = base.stream(RATED)) {
      for (int i = 1; i < base.lookAhead(); i++) {
        assertThat(stream.accept(units(i % 20)).samples()).isEmpty();
      }
      assertThat(stream.accept(units(1)).samples()).isNotEmpty();
    }
  }

  /** Two units of look-ahead, but of the unit before them one frame is certain. */
  @Test
  void withDurationsTheFirstSampleComesTwoUnitsLater() {
    int[] hubert = random(60, 20, 5);
    int[] durations = base.synthesize(units(hubert), PREDICT).durations();
    int needed = 0;
    int frames = 1;
    while (frames < base.lookAhead()) {
      frames += durations[needed++];
    }
    try (VocoderStream stream = base.stream(PREDICT)) {
      for (int i = 0; i < needed + 2 - 1; i++) {
        assertThat(stream.accept(units(hubert[i])).samples()).as("unit %d", i).isEmpty();
      }
      assertThat(stream.accept(units(hubert[needed + 1])).samples()).isNotEmpty();
    }
  }

  /**
   * Whatever is waited for, all samples come, none but those near the end of what was there differ,
   * and with as many frames as the vocoder sees none do.
   */
  @Property(tries = 60)
  void aShorterLookAheadGivesAsManySamplesSooner(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 25) Integer> cuts,
      @ForAll @IntRange(min = 1, max = 12) int frames,
      @ForAll boolean predict,
      @ForAll long seed) {
    VoiceOptions exact = PREDICT.withPredictedDurations(predict);
    VoiceOptions early = exact.withLookAhead(frames);
    int[] hubert = random(sum(cuts) + 1, 20, seed);
    float[] first = new float[0];
    float[] second = new float[0];
    try (VocoderStream soon = base.stream(early);
        VocoderStream whole = base.stream(exact)) {
      int at = 0;
      for (int i = 0; i <= cuts.size(); i++) {
        int end = i < cuts.size() ? at + cuts.get(i) : hubert.length;
        SpeechUnits next = units(Arrays.copyOfRange(hubert, at, end));
        first = Waves.joined(first, soon.accept(next).samples());
        second = Waves.joined(second, whole.accept(next).samples());
        assertThat(first).hasSizeGreaterThanOrEqualTo(second.length);
        at = end;
      }
      first = Waves.joined(first, soon.finish().samples());
      second = Waves.joined(second, whole.finish().samples());
    }
    assertThat(first).hasSameSizeAs(second);
    if (frames >= base.lookAhead()) {
      Waves.assertClose(first, second, 1e-5);
    }
  }

  /** Where the last unit does go on, what was foreseen is what comes. */
  @Test
  void aShorterLookAheadIsExactWhereTheLastFrameGoesOn() {
    int[] hubert = new int[40];
    Arrays.fill(hubert, 7);
    float[] whole = base.synthesize(units(hubert), RATED).audio().samples();
    float[] early = new float[0];
    try (VocoderStream stream = base.stream(RATED.withLookAhead(2))) {
      for (int i = 0; i < 20; i++) {
        early = Waves.joined(early, stream.accept(units(7)).samples());
      }
    }
    assertThat(early).hasSizeGreaterThanOrEqualTo(16 * 8);
    Waves.assertClose(early, Arrays.copyOf(whole, early.length), 1e-5);
  }

  /** Units that are said once each are the least speech that there can be of so many. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withElevenFramesTheReleasedShapeSpeaksAfterTwelveUnits(boolean predict) {
    Vocoder released =
        new Vocoder(Weights.initialise(3), SpeechSizes.RELEASED.vocoder(Variant.BASE));
    assertThat(released.lookAhead()).isEqualTo(20);
    VoiceOptions voice = PREDICT.withPredictedDurations(predict);
    int[] hubert = random(24, 500, 8);
    float[] whole = released.synthesize(units(hubert), voice).audio().samples();
    float[] early = new float[0];
    try (VocoderStream stream = released.stream(voice.withLookAhead(11))) {
      for (int i = 0; i < hubert.length; i++) {
        early = Waves.joined(early, stream.accept(units(hubert[i])).samples());
        assertThat(early.length > 0 || i < 11).as("%d units", i + 1).isTrue();
      }
      early = Waves.joined(early, stream.finish().samples());
    }
    assertThat(early).hasSameSizeAs(whole);
    Waves.assertClose(early, whole, 3e-3);
  }

  @Test
  void mistakesLeaveTheStreamAsItWas() {
    int[] hubert = random(30, 20, 6);
    float[] whole = base.synthesize(units(hubert), PREDICT).audio().samples();
    try (VocoderStream stream = base.stream(PREDICT)) {
      float[] head = stream.accept(units(Arrays.copyOf(hubert, 15))).samples();
      assertThatThrownBy(() -> stream.accept(units(3, 20)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("HuBERT unit 20");
      float[] middle = stream.accept(units(Arrays.copyOfRange(hubert, 15, 30))).samples();
      float[] tail = stream.finish().samples();
      Waves.assertClose(Waves.joined(Waves.joined(head, middle), tail), whole, 1e-5);
      assertThatThrownBy(() -> stream.accept(units(1))).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(stream::finish).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> base.stream(PREDICT.withSpeaker("zoe")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("zoe");
    refusedAtTheEnd(base, PREDICT, null, "no units");
    refusedAtTheEnd(base, RATED, units(-1), "no units");
    refusedAtTheEnd(expressive, RATED, units(1), "too few pitch codes: 0");
    refusedAtTheEnd(
        expressive,
        RATED,
        new SpeechUnits(new int[] {1}, new int[] {1}, null),
        "too few style tokens: 0");
    try (VocoderStream stream = expressive.stream(PREDICT)) {
      assertThatThrownBy(() -> stream.accept(new SpeechUnits(new int[2], new int[1], new int[1])))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("1 pitch codes for 2 units");
    }
  }

  private static void refusedAtTheEnd(
      Vocoder vocoder, VoiceOptions voice, @Nullable SpeechUnits units, String message) {
    try (VocoderStream stream = vocoder.stream(voice)) {
      if (units != null) {
        stream.accept(units);
      }
      assertThatThrownBy(stream::finish)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void aThousandStepsHoldNoMoreMemoryThanOne() {
    try (VocoderStream stream = base.stream(RATED)) {
      long held = 0;
      for (int step = 0; step < 1100; step++) {
        assertThat(stream.accept(units(1, 2, 3, step % 20)).samples()).hasSizeLessThan(20 * 8);
        if (step == 100) {
          held = Pointer.totalBytes();
        }
      }
      assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(held + (1 << 16));
    }
  }
}

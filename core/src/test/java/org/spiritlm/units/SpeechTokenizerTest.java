package org.spiritlm.units;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;

class SpeechTokenizerTest {
  /** A unit each 640 samples that depends on every sample of the piece. */
  private static final UnitEncoder HASH =
      samples -> {
        int[] units = new int[samples.length / 640];
        Arrays.fill(units, Arrays.hashCode(samples));
        return units;
      };

  @Property(tries = 20)
  void chunksOfAnyLengthsGiveTheUnitsOfTheWhole(
      @ForAll @Size(max = 12) List<@IntRange(min = 0, max = 700_000) Integer> lengths) {
    SpeechTokenizer tokenizer = new SpeechTokenizer(HASH, HASH, HASH);
    float[] all = ramp(lengths.stream().mapToInt(Integer::intValue).sum());
    List<Audio> chunks = new ArrayList<>();
    int at = 0;
    for (int length : lengths) {
      chunks.add(audio(Arrays.copyOfRange(all, at, at + length)));
      at += length;
    }
    SpeechUnits whole = tokenizer.encode(audio(all));
    assertThat(tokenizer.encode(chunks)).usingRecursiveComparison().isEqualTo(whole);
  }

  @Test
  void piecesAreEncodedOnTheirOwn() {
    List<Integer> pieces = new ArrayList<>();
    UnitEncoder recorder =
        samples -> {
          pieces.add(samples.length);
          return new int[] {samples.length};
        };
    int rest = SpeechTokenizer.SHORTEST_PIECE;
    SpeechUnits units =
        new SpeechTokenizer(recorder, null, null)
            .encode(audio(new float[2 * SpeechTokenizer.LONGEST_PIECE + rest]));
    assertThat(pieces)
        .containsExactly(SpeechTokenizer.LONGEST_PIECE, SpeechTokenizer.LONGEST_PIECE, rest);
    assertThat(units.hubert()).containsExactly(1_600_000, 1_600_000, 1280);
    assertThat(units.pitch()).isNull();
    assertThat(units.style()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 400, 1279})
  void audioShorterThanTheLeastPieceHasNoUnits(int length) {
    SpeechUnits units = new SpeechTokenizer(HASH, HASH, HASH).encode(audio(ramp(length)));
    assertThat(units.hubert()).isEmpty();
    assertThat(units.pitch()).isEmpty();
    assertThat(units.style()).isEmpty();
  }

  @Test
  void restAfterAFullPieceIsDroppedWhereTooShort() {
    SpeechTokenizer tokenizer = new SpeechTokenizer(HASH, null, null);
    float[] samples = ramp(SpeechTokenizer.LONGEST_PIECE + 1279);
    int[] full = HASH.encode(Arrays.copyOf(samples, SpeechTokenizer.LONGEST_PIECE));
    assertThat(tokenizer.encode(audio(samples)).hubert()).isEqualTo(full);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void samplesThatAreNoNumbersAreRefusedWithTheirPlace(float bad) {
    float[] samples = ramp(32_000);
    samples[16_000] = bad;
    SpeechTokenizer.Stream stream = new SpeechTokenizer(HASH, null, null).stream();
    stream.add(audio(ramp(16_000)));
    assertThatThrownBy(() -> stream.add(audio(samples)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("sample 32000")
        .hasMessageContaining("2.0 s");
  }

  private static Audio audio(float[] samples) {
    return new Audio(samples, Audio.SPEECH_RATE);
  }

  private static float[] ramp(int length) {
    float[] samples = new float[length];
    for (int i = 0; i < length; i++) {
      samples[i] = i % 1000 / 1000f;
    }
    return samples;
  }
}

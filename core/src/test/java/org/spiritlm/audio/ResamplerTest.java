package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.InputException;

class ResamplerTest {

  @Test
  void golden() {
    Golden golden = Golden.load("resample");
    double tolerance = golden.at("tolerance", "max_abs").doubleValue();
    assertThat(golden.at("cases")).isNotEmpty();
    for (JsonNode node : golden.at("cases")) {
      float[] input = golden.values(node.get("input")).floats();
      float[] expected = golden.values(node.get("output")).floats();
      float[] found =
          Resampler.resample(input, node.get("from").intValue(), node.get("to").intValue());
      assertThat(found).as(node.get("from").asText()).hasSameSizeAs(expected);
      assertThat(found).containsExactly(expected, within((float) tolerance));
    }
  }

  @Property(tries = 60)
  void anyChunkingGivesTheWhole(
      @ForAll @IntRange(min = 1000, max = 50_000) int from,
      @ForAll @IntRange(min = 1000, max = 50_000) int to,
      @ForAll @IntRange(max = 3000) int length,
      @ForAll long seed) {
    Random random = new Random(seed);
    float[] signal = noise(random, length);
    float[] whole = Resampler.resample(signal, from, to);
    Resampler resampler = new Resampler(from, to);
    float[] parts = new float[0];
    for (int at = 0; at < length; ) {
      int count = Math.min(length - at, random.nextInt(random.nextBoolean() ? 10 : 1000));
      parts = joined(parts, resampler.add(Arrays.copyOfRange(signal, at, at + count)));
      at += count;
    }
    parts = joined(parts, resampler.finish());
    assertThat(parts).isEqualTo(whole);
    assertThat(whole).hasSize((int) (((long) length * to + from - 1) / from));
  }

  @Test
  void sameRateChangesNothing() {
    float[] signal = noise(new Random(1), 777);
    assertThat(Resampler.resample(signal, 16_000, 16_000)).isEqualTo(signal).isNotSameAs(signal);
    Resampler resampler = new Resampler(16_000, 16_000);
    assertThat(joined(resampler.add(signal), resampler.finish())).isEqualTo(signal);
  }

  @ParameterizedTest
  @CsvSource({
    "48000,16000",
    "44100,16000",
    "8000,16000",
    "16000,24000",
    "11025,16000",
    "96000,16000"
  })
  void sineKeepsItsFrequencyAndAmplitude(int from, int to) {
    double hertz = 440;
    float[] sine = new float[from];
    for (int i = 0; i < sine.length; i++) {
      sine[i] = (float) (0.5 * Math.sin(2 * Math.PI * hertz * i / from));
    }
    float[] found = Resampler.resample(sine, from, to);
    for (int i = 200; i < to - 200; i++) { // edges are beside silence
      assertThat((double) found[i])
          .isCloseTo(0.5 * Math.sin(2 * Math.PI * hertz * i / to), within(1e-3));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 999, 768_001, Integer.MAX_VALUE})
  void absurdRatesAreRefused(int rate) {
    assertThatThrownBy(() -> new Resampler(rate, 16_000))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(rate + " Hz")
        .hasMessageContaining("1000 to 768000");
  }

  private static float[] noise(Random random, int length) {
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) (0.3 * random.nextGaussian());
    }
    return noise;
  }

  private static float[] joined(float[] a, float[] b) {
    float[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }
}

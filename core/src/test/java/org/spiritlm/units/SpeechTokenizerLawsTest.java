package org.spiritlm.units;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchTokenizer;

/** What holds for whole models, small ones here: streamed = whole, many threads = one, no leak. */
class SpeechTokenizerLawsTest {
  private static final UnitEncoder PITCH =
      new PitchTokenizer(
          new FcpePitchExtractor(ParityModels.tinyFcpe()), ParityModels.pitchQuantizer());
  private static final UnitEncoder STYLE = ParityModels.style();
  private static final SpeechTokenizer TOKENIZER =
      new SpeechTokenizer(ParityModels.hubert(), PITCH, STYLE);

  @ParameterizedTest
  @ValueSource(ints = {1, 159, 16_000, 99_999})
  void chunksOfAnyLengthGiveTheUnitsOfTheWhole(int length) {
    float[] samples = noise(50_001, 1);
    List<Audio> chunks = new ArrayList<>();
    for (int at = 0; at < samples.length; at += length) {
      chunks.add(audio(Arrays.copyOfRange(samples, at, Math.min(samples.length, at + length))));
    }
    assertThat(TOKENIZER.encode(chunks))
        .usingRecursiveComparison()
        .isEqualTo(TOKENIZER.encode(audio(samples)));
  }

  @Test
  void manyThreadsGetWhatOneGets() throws Exception {
    List<float[]> inputs = new ArrayList<>();
    List<SpeechUnits> alone = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      inputs.add(noise(8_000 + 3_001 * i, i));
      alone.add(TOKENIZER.encode(audio(inputs.get(i))));
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<SpeechUnits>> together = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        float[] input = inputs.get(i % inputs.size());
        together.add(threads.submit(() -> TOKENIZER.encode(audio(input))));
      }
      for (int i = 0; i < together.size(); i++) {
        assertThat(together.get(i).get())
            .usingRecursiveComparison()
            .isEqualTo(alone.get(i % alone.size()));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Units of ten minutes need no more memory than those of the first 200 seconds. */
  @Test
  void memoryDoesNotGrowWithTheLengthOfTheAudio() {
    SpeechTokenizer.Stream stream = TOKENIZER.stream();
    Audio chunk = audio(noise(SpeechTokenizer.LONGEST_PIECE / 4, 1));
    addTimes(stream, chunk, 8);
    touchHeap();
    long before = Pointer.physicalBytes();
    addTimes(stream, chunk, 16);
    assertThat(Pointer.physicalBytes() - before).isLessThan(48L << 20);
    assertThat(stream.finish().style()).hasSize(600);
  }

  /** Java's own garbage would make pages of its heap resident one after another. */
  private static void touchHeap() {
    for (int megabyte = 0; megabyte < 1000; megabyte++) {
      assertThat(new byte[1 << 20]).isNotEmpty();
    }
  }

  private static void addTimes(SpeechTokenizer.Stream stream, Audio chunk, int times) {
    for (int i = 0; i < times; i++) {
      stream.add(chunk);
    }
  }

  /** Also where an encoder is used without the tokenizer that checks for it. */
  @Test
  void samplesThatAreNoNumbersAreRefusedByEveryEncoder() {
    float[] samples = noise(4000, 1);
    samples[77] = Float.NaN;
    for (UnitEncoder encoder : List.of(ParityModels.hubert(), PITCH, STYLE)) {
      assertThatThrownBy(() -> encoder.encode(samples))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("sample 77 ");
    }
  }

  /** A full-scale click, a constant and the loudest noise have units like any other sound. */
  @Test
  void extremeSoundsHaveUnits() {
    float[] click = new float[16_000];
    click[8_000] = 1;
    float[] constant = new float[16_000];
    Arrays.fill(constant, 0.7f);
    float[] huge = noise(16_000, 3);
    for (int i = 0; i < huge.length; i++) {
      huge[i] *= 1e6f;
    }
    for (float[] samples : List.of(click, constant, huge)) {
      SpeechUnits units = TOKENIZER.encode(audio(samples));
      assertThat(units.hubert()).hasSize(24);
      assertThat(units.pitch()).hasSize(12);
      assertThat(units.style()).hasSize(1);
    }
  }

  private static Audio audio(float[] samples) {
    return new Audio(samples, Audio.SPEECH_RATE);
  }

  private static float[] noise(int length, long seed) {
    Random random = new Random(seed);
    float[] samples = new float[length];
    for (int i = 0; i < length; i++) {
      samples[i] = (float) (0.3 * Math.sin(i * 0.06) + 0.05 * random.nextGaussian());
    }
    return samples;
  }
}

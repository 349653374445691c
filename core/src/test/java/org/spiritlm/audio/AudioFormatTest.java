package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiritlm.torch.InputException;

/** What is written to a stream in any format reads back as it was. */
class AudioFormatTest {
  private static final int RATE = 16_000;

  private static float[] tone(int rate, int samples) {
    float[] tone = new float[samples];
    for (int i = 0; i < samples; i++) {
      tone[i] = (float) (0.5 * Math.sin(2 * Math.PI * 440 * i / rate));
    }
    return tone;
  }

  /** In pieces of this size. */
  private static byte[] encoded(AudioFormat format, int rate, float[] samples, int piece)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioSink sink = format.open(bytes, rate)) {
      for (int at = 0; at < samples.length; at += piece) {
        sink.write(Arrays.copyOfRange(samples, at, Math.min(samples.length, at + piece)));
      }
      sink.finish();
    }
    return bytes.toByteArray();
  }

  private static Audio decoded(byte[] bytes, int rate) {
    AudioReader.Options options = AudioReader.Options.speech().withSampleRate(rate);
    try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(bytes), "it", options)) {
      return reader.readAll();
    }
  }

  @ParameterizedTest
  @CsvSource({"FLAC,16000", "MP3,16000", "OPUS,16000", "OPUS,22050", "MP3,17000", "WAV,16000"})
  void itReadsBackAsItWas(AudioFormat format, int rate) throws IOException {
    float[] tone = tone(rate, rate + 123);
    Audio read = decoded(encoded(format, rate, tone, 1000), rate);
    boolean exact = format == AudioFormat.FLAC || format == AudioFormat.WAV;
    assertThat(read.samples().length).isCloseTo(tone.length, within(exact ? 0 : 3000));
    if (exact) {
      for (int i = 0; i < tone.length; i++) {
        assertThat(read.samples()[i]).isCloseTo(tone[i], within(0x1p-15f));
      }
    }
    // whatever it begins with, the middle is the tone
    float[] middle = Arrays.copyOfRange(read.samples(), rate / 4, 3 * rate / 4);
    assertThat(loudness(middle)).isCloseTo(loudness(tone), within(0.03));
    assertThat(crossings(middle)).isCloseTo(440, within(6));
  }

  private static double loudness(float... samples) {
    double sum = 0;
    for (float sample : samples) {
      sum += sample * sample;
    }
    return Math.sqrt(sum / samples.length);
  }

  /** In half a second, so that a tone has as many as it has periods a second. */
  private static int crossings(float... samples) {
    int count = 0;
    for (int i = 1; i < samples.length; i++) {
      count += samples[i - 1] < 0 != samples[i] < 0 ? 1 : 0;
    }
    return count;
  }

  @ParameterizedTest
  @EnumSource(AudioFormat.class)
  void piecesGiveTheWholeAndComeAtOnce(AudioFormat format) throws IOException {
    float[] tone = tone(RATE, 3 * RATE);
    byte[] whole = encoded(format, RATE, tone, tone.length);
    byte[] pieces = encoded(format, RATE, tone, 777);
    if (format == AudioFormat.OPUS) { // each stream has a serial number of its own
      assertThat(decoded(pieces, RATE).samples()).isEqualTo(decoded(whole, RATE).samples());
    } else {
      assertThat(pieces).isEqualTo(whole);
    }
    ByteArrayOutputStream begun = new ByteArrayOutputStream();
    try (AudioSink sink = format.open(begun, RATE)) {
      sink.write(tone);
      assertThat(begun.size()).isGreaterThan(whole.length / 2);
    }
  }

  @ParameterizedTest
  @EnumSource(AudioFormat.class)
  void whatIsNoNumberIsRefused(AudioFormat format) throws IOException {
    try (AudioSink sink = format.open(new ByteArrayOutputStream(), RATE)) {
      sink.write(new float[] {0, 2, -2});
      assertThatThrownBy(() -> sink.write(new float[] {0, Float.NaN}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sample 4 is NaN");
    }
  }

  @Test
  void theBytesOfAWholeAreThoseOfAFile(@TempDir Path folder) throws IOException {
    Audio audio = new Audio(tone(RATE, 1234), RATE);
    AudioWriter.write(folder.resolve("a.wav"), audio);
    assertThat(AudioWriter.bytes(audio)).isEqualTo(Files.readAllBytes(folder.resolve("a.wav")));
  }

  @Test
  void formatsHaveNames() {
    for (AudioFormat format : AudioFormat.values()) {
      assertThat(AudioFormat.of(format.toString())).isEqualTo(format);
    }
    assertThatThrownBy(() -> AudioFormat.of("aac"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'aac'")
        .hasMessageContaining("wav, pcm, flac, mp3, opus");
  }
}

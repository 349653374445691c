package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.torch.InputException;

/** A stretch of a recording equals that part of the whole, bit for bit, sought or not. */
class AudioStretchTest {
  private static final double SECONDS = 12.3;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "wav, pcm_s16le, 16000",
    "wav, pcm_s16le, 8000",
    "wav, pcm_u8, 22050",
    "wav, pcm_s24le, 44100",
    "wav, pcm_f32le, 48000",
    "wav, pcm_mulaw, 8000",
    "flac, flac, 16000",
    "flac, flac, 44100",
    "flac, flac, 48000",
    "mp3, libmp3lame, 44100",
    "ogg, vorbis, 44100",
    "opus, libopus, 48000",
    "m4a, aac, 44100",
    "mka, flac, 16000",
  })
  void equalsThatPartOfTheWhole(String ending, String encoder, int rate) {
    Path file = directory.resolve("x." + ending);
    float[][] noise = {noise(rate, 1), noise(rate, 2)};
    EncodedAudio.write(file, encoder, rate, noise);
    for (AudioReader.Options options :
        new AudioReader.Options[] {
          AudioReader.Options.speech(), AudioReader.Options.speech().withSampleRate(0)
        }) {
      Audio whole = AudioReader.read(file, options);
      Random random = new Random(rate);
      for (int i = 0; i < 25; i++) {
        double start = random.nextDouble() * whole.seconds() * 0.999;
        double end = start + 0.01 + random.nextDouble() * (whole.seconds() - start);
        if (i % 5 == 0) {
          start = whole.seconds() - 0.01 * (i + 1); // the last block
          end = Double.POSITIVE_INFINITY;
        }
        float[] stretch = AudioReader.read(file, options.withStretch(start, end)).samples();
        assertThat(stretch).as("%s to %s", start, end).isEqualTo(cut(whole, start, end));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"wav, pcm_s16le, true", "flac, flac, true", "mp3, libmp3lame, false"})
  void whatLiesBeforeIsNotDecodedWhereThatIsExact(String ending, String encoder, boolean exact) {
    Path file = directory.resolve("x." + ending);
    EncodedAudio.write(file, encoder, 16_000, noise(16_000, 6));
    try (AudioDecoder decoder = new AudioDecoder(MediaFile.open(file))) {
      decoder.next();
      long before = decoder.position();
      assertThat(decoder.seek(160_000)).isEqualTo(exact);
      float[][] block = decoder.next();
      assertThat(block).isNotNull();
      assertThat(decoder.position() - block[0].length)
          .isBetween(exact ? 150_000 : before, exact ? 160_000 : before);
    }
  }

  @ParameterizedTest
  @CsvSource({"wav, pcm_s16le", "flac, flac", "mp3, libmp3lame", "ogg, vorbis"})
  void theLengthIsThatOfWhatIsDecoded(String ending, String encoder) throws IOException {
    Path file = directory.resolve("x." + ending);
    EncodedAudio.write(file, encoder, 16_000, noise(16_000, 7), noise(16_000, 8));
    measures(file);
    byte[] bytes = Files.readAllBytes(file);
    if (ending.equals("wav")) { // a header that says more than there is
      Files.write(file, Arrays.copyOf(bytes, bytes.length - 4 * 100_000));
      measures(file);
    }
  }

  private static void measures(Path file) {
    double whole = AudioReader.read(file).seconds();
    try (AudioReader reader = AudioReader.open(file)) {
      assertThat(reader.measure()).isEqualTo(whole);
      assertThat(reader.next()).isNull();
    }
  }

  private static float[] cut(Audio whole, double start, double end) {
    int from = (int) Math.round(start * whole.sampleRate());
    long to = end > whole.seconds() ? whole.samples().length : Math.round(end * whole.sampleRate());
    return Arrays.copyOfRange(whole.samples(), from, (int) to);
  }

  @ParameterizedTest
  @CsvSource({"wav, pcm_s16le", "flac, flac", "mp3, libmp3lame"})
  void aFileInsideAnotherEqualsTheFile(String ending, String encoder) throws IOException {
    Path file = directory.resolve("x." + ending);
    EncodedAudio.write(file, encoder, 16_000, noise(16_000, 3));
    byte[] bytes = Files.readAllBytes(file);
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.write(new byte[1536]);
    joined.write(bytes);
    joined.write(bytes); // nothing after the end may be taken for audio
    Path outer = directory.resolve("a,b|c :.tar");
    Files.write(outer, joined.toByteArray());
    AudioReader.Options speech = AudioReader.Options.speech();
    float[] whole = AudioReader.read(file).samples();
    assertThat(read(outer, 1536, bytes.length, speech)).isEqualTo(whole);
    assertThat(read(outer, 1536, bytes.length, speech.withStretch(7, 8.5)))
        .isEqualTo(Arrays.copyOfRange(whole, 7 * 16_000, 17 * 8_000));
    assertThatThrownBy(() -> read(outer, 1536 + bytes.length, bytes.length + 1, speech))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("expected audio there");
    assertThatThrownBy(() -> read(outer, 100, 200, speech)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> read(outer, Long.MAX_VALUE - 1, 200, speech))
        .isInstanceOf(InputException.class);
  }

  private static float[] read(Path file, long offset, long length, AudioReader.Options options) {
    try (AudioReader reader = AudioReader.open(file, offset, length, options)) {
      return reader.readAll().samples();
    }
  }

  @Test
  void aWrongRateOfBytesInTheHeaderDoesNotLeadAstray() throws IOException {
    Path file = directory.resolve("x.wav");
    EncodedAudio.write(file, "pcm_s16le", 16_000, noise(16_000, 4));
    byte[] bytes = Files.readAllBytes(file);
    bytes[28] = 1; // the rate of bytes stands at 28 to 31
    bytes[29] = 17;
    Files.write(file, bytes);
    Audio whole = AudioReader.read(file);
    assertThat(AudioReader.read(file, AudioReader.Options.speech().withStretch(9, 10)).samples())
        .isEqualTo(cut(whole, 9, 10));
  }

  @Test
  void aPieceOfALongerRecordingIsNotSoughtByThePlacesInThat() throws IOException {
    Path file = directory.resolve("x.flac");
    EncodedAudio.write(file, "flac", 16_000, noise(16_000, 9));
    byte[] bytes = Files.readAllBytes(file);
    int first = frame(bytes, 42, 0);
    int later = frame(bytes, first, 4);
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    piece.write(bytes, 0, first);
    piece.write(bytes, later, bytes.length - later);
    Files.write(file, piece.toByteArray());
    Audio whole = AudioReader.read(file);
    assertThat(whole.seconds()).isLessThan(SECONDS - 0.25);
    assertThat(AudioReader.read(file, AudioReader.Options.speech().withStretch(7, 9)).samples())
        .isEqualTo(cut(whole, 7, 9));
  }

  /** Where the FLAC frame of this number begins. */
  private static int frame(byte[] bytes, int from, int number) {
    int at = from;
    while (bytes[at] != (byte) 0xff || bytes[at + 1] != (byte) 0xf8 || bytes[at + 4] != number) {
      at++;
    }
    return at;
  }

  @Test
  void aStretchBeyondTheEndIsRefused() {
    Path file = directory.resolve("x.flac");
    EncodedAudio.write(file, "flac", 16_000, noise(16_000, 5));
    AudioReader.Options speech = AudioReader.Options.speech();
    assertThatThrownBy(() -> AudioReader.read(file, speech.withStretch(1, 13)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("ends at 12.3 s")
        .hasMessageContaining("at least 13.0 s");
    for (double end : new double[] {13.1, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> AudioReader.read(file, speech.withStretch(13, end)))
          .isInstanceOf(InputException.class);
    }
    assertThat(AudioReader.read(file, speech.withStretch(12, 12.34)).samples()).hasSize(4800);
    assertThatThrownBy(() -> speech.withStretch(2, 1)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> speech.withStretch(-1, 1)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> speech.withStretch(Double.NaN, 1)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> AudioReader.read(file, speech.withStretch(1, 1.000001)))
        .isInstanceOf(InputException.class);
  }

  private static float[] noise(int rate, int seed) {
    Random random = new Random(seed);
    float[] noise = new float[(int) (rate * SECONDS)];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) (0.1 * random.nextGaussian());
    }
    return noise;
  }
}

package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.InputException;

class AudioBadInputTest {
  @TempDir Path directory;
  private Path speech;

  @BeforeEach
  void copyOfSpeech() throws IOException {
    speech = directory.resolve("speech.wav");
    Files.copy(Golden.path("audio/odd.wav"), speech);
  }

  @Test
  void missing() {
    assertRefused(directory.resolve("none.wav"), "none.wav", "does not exist");
  }

  @Test
  void directory() {
    assertRefused(directory, "is a directory");
  }

  @Test
  void empty() throws IOException {
    assertRefused(file("empty.wav", new byte[0]), "empty.wav is empty");
    assertThatThrownBy(() -> open("upload", new byte[0])).hasMessageContaining("upload is empty");
  }

  @Test
  void headerWithoutSamples() throws IOException {
    Path file = directory.resolve("header.wav");
    AudioWriter.write(file, new Audio(new float[0], 16_000));
    assertRefused(file, "header.wav holds no audio samples");
  }

  @Test
  void notAudio() throws IOException {
    assertRefused(file("text.wav", "Hello, this is no sound at all.\n".repeat(100)), "text.wav");
    byte[] noise = new byte[100_000];
    new Random(1).nextBytes(noise);
    assertRefused(file("noise.bin", noise), "noise.bin");
    assertRefused(file("zeros.mp3", new byte[100_000]), "zeros.mp3");
  }

  @Test
  void tenMilliseconds() throws IOException {
    Path file = directory.resolve("short.wav");
    AudioWriter.write(file, new Audio(new float[441], 44_100));
    assertThat(AudioReader.read(file).samples()).hasSize(160);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void samplesThatAreNoNumbers(float bad) throws IOException {
    Path file = directory.resolve("nan.wav");
    AudioWriter.write(file, new Audio(new float[32_000], 16_000));
    byte[] bytes = wav(3, 1, 16_000, 32, 4 * 32_000, 4 * 32_000);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(44 + 4 * 24_000, bad);
    Files.write(file, bytes);
    assertRefused(file, "nan.wav", "not a finite number", "24000", "1.5 s");
  }

  @Test
  void truncatedFlacSaysWhere() throws IOException {
    byte[] whole = Files.readAllBytes(Golden.path("audio/7143-88743-0029.flac"));
    Path file = file("cut.flac", Arrays.copyOf(whole, whole.length / 2));
    assertRefused(file, "cut.flac is damaged or cut off after", "s of audio");
  }

  @Test
  void truncatedWavEndsEarlier() throws IOException {
    byte[] whole = Files.readAllBytes(speech);
    float[] all = AudioReader.read(speech).samples();
    float[] found = AudioReader.read(file("cut.wav", Arrays.copyOf(whole, 20_044))).samples();
    assertThat(found).isEqualTo(Arrays.copyOf(all, 10_000));
  }

  @Test
  void truncatedBeforeAnySample() throws IOException {
    byte[] m4a = Files.readAllBytes(encoded("x.m4a", "aac"));
    assertRefused(file("cut.m4a", Arrays.copyOf(m4a, m4a.length / 2)), "cut.m4a", "cut off");
    assertRefused(file("head.wav", Arrays.copyOf(Files.readAllBytes(speech), 30)), "head.wav");
  }

  @Test
  void junkAroundMp3FramesIsSkipped() throws IOException {
    byte[] mp3 = Files.readAllBytes(encoded("x.mp3", "libmp3lame"));
    ByteBuffer bytes = ByteBuffer.allocate(mp3.length + 3000).put(mp3);
    bytes.put("TAG".repeat(1000).getBytes(StandardCharsets.US_ASCII));
    Audio found = AudioReader.read(file("junk.mp3", bytes.array()));
    assertThat(found.seconds()).isBetween(0.9, 1.2);
  }

  @Test
  void videoWithoutSound() throws IOException {
    StringBuilder video = new StringBuilder("YUV4MPEG2 W16 H16 F25:1 Ip A1:1 C420jpeg\n");
    for (int i = 0; i < 10; i++) {
      video.append("FRAME\n").append("x".repeat(16 * 16 * 3 / 2));
    }
    assertRefused(file("film.y4m", video.toString()), "film.y4m holds no audio");
  }

  @Test
  void claimedLengthIsNotBelieved() throws IOException {
    float[] found =
        AudioReader.read(file("huge.wav", wav(1, 1, 16_000, 16, 0x7fff_fff0, 64_000))).samples();
    assertThat(found).hasSize(32_000);
    found = AudioReader.read(file("pipe.wav", wav(1, 1, 16_000, 16, -1, 64_000))).samples();
    assertThat(found).hasSize(32_000);
  }

  @Test
  void longerThanAllowed() throws IOException {
    Path file = directory.resolve("silence.flac");
    EncodedAudio.write(file, "flac", 16_000, new float[600 * 16_000]);
    assertThat(Files.size(file)).as("ten minutes in a few bytes").isLessThan(200_000);
    AudioReader.Options limited = AudioReader.Options.speech().withMaxSeconds(30);
    try (AudioReader reader = AudioReader.open(file, limited)) {
      assertThatThrownBy(() -> reader.readAll())
          .isInstanceOf(InputException.class)
          .hasMessageContaining("silence.flac is longer than 30");
    }
    assertThat(AudioReader.read(file, limited.withMaxSeconds(600)).seconds()).isEqualTo(600);
  }

  @Test
  void absurdRate() throws IOException {
    assertRefused(file("slow.wav", wav(1, 1, 1, 16, 64_000, 64_000)), "1 Hz", "1000 to");
    assertRefused(file("fast.wav", wav(1, 1, 2_000_000_000, 16, 64_000, 64_000)), "2000000000 Hz");
  }

  @Test
  void moreThanTwoChannels() throws IOException {
    Path file = file("three.wav", wav(1, 3, 16_000, 16, 60_000, 60_000));
    assertRefused(file, "three.wav has 3 channels", "one or two");
    AudioReader.Options third = AudioReader.Options.speech().withChannel(3);
    assertThat(AudioReader.read(file, third).samples()).hasSize(10_000);
    assertThatThrownBy(() -> AudioReader.read(file, third.withChannel(4)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has 3 channels")
        .hasMessageContaining("channel 4");
    assertThatThrownBy(() -> third.withChannel(-1)).hasMessageContaining("from 1");
  }

  /** Formats that point to other files must not make FFmpeg open them. */
  @Test
  void playlistsOpenNothing() throws IOException {
    String[] lists = {
      "ffconcat version 1.0\nfile 'speech.wav'\n",
      "ffconcat version 1.0\nfile '" + speech + "'\n",
      "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n" + speech + "\n#EXT-X-ENDLIST\n",
      "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile:" + speech + "\n#EXT-X-ENDLIST\n",
      "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nhttp://127.0.0.1:9/a.wav\n#EXT-X-ENDLIST\n",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    };
    for (int i = 0; i < lists.length; i++) {
      for (String ending : new String[] {"ffconcat", "m3u8", "sdp", "wav"}) {
        assertRefused(file("list" + i + "." + ending, lists[i]), "list" + i);
      }
    }
  }

  @Test
  void namesAreNoAddresses() throws IOException {
    assertRefused(Path.of("concat:" + speech), "concat:", "does not exist");
    Path odd = directory.resolve("http:x|ö 'a' %d?.wav");
    Files.copy(speech, odd);
    assertThat(AudioReader.read(odd).samples()).isEqualTo(AudioReader.read(speech).samples());
  }

  @Test
  void brokenStream() throws IOException {
    InputStream broken = InputStream.nullInputStream();
    broken.close();
    assertThatThrownBy(() -> AudioReader.open(broken, "upload", AudioReader.Options.speech()))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void closedReaderHasNoMore() {
    AudioReader reader = AudioReader.open(speech);
    reader.close();
    reader.close();
    assertThat(reader.next()).isNull();
    assertThat(reader.iterator().hasNext()).isFalse();
  }

  /** Whatever the bytes, there is audio of finite samples or an {@link InputException}. */
  @Property(tries = 150)
  void damagedFilesNeverDoWorse(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    String[] names = {"audio/7143-88743-0029.flac", "audio/stereo.wav", "audio/sr8000.wav"};
    byte[] bytes = Files.readAllBytes(Golden.path(names[random.nextInt(names.length)]));
    bytes = Arrays.copyOf(bytes, 100 + random.nextInt(bytes.length - 100));
    int reach = random.nextBoolean() ? 100 : bytes.length;
    for (int i = random.nextInt(20); i >= 0; i--) {
      bytes[random.nextInt(reach)] = (byte) random.nextInt();
    }
    AudioReader.Options limited = AudioReader.Options.speech().withMaxSeconds(60);
    try (AudioReader reader = AudioReader.open(new ByteArrayInputStream(bytes), "fuzz", limited)) {
      for (float sample : reader.readAll().samples()) {
        assertThat(Float.isFinite(sample)).isTrue();
      }
    } catch (InputException e) {
      assertThat(e).hasMessageStartingWith("fuzz");
    }
  }

  private static Audio open(String name, byte[] bytes) {
    InputStream stream = new ByteArrayInputStream(bytes);
    try (AudioReader reader = AudioReader.open(stream, name, AudioReader.Options.speech())) {
      return reader.readAll();
    }
  }

  private static void assertRefused(Path file, String... parts) {
    assertThatThrownBy(() -> AudioReader.read(file))
        .isInstanceOf(InputException.class)
        .message()
        .contains(parts)
        .doesNotContain("\n");
  }

  private Path encoded(String name, String encoder) {
    Path file = directory.resolve(name);
    EncodedAudio.write(file, encoder, 16_000, new float[16_000]);
    return file;
  }

  private Path file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  /** A WAV file of zeros whose header says what is asked for. */
  private static byte[] wav(int format, int channels, int rate, int bits, int claimed, int bytes) {
    ByteBuffer wav = ByteBuffer.allocate(44 + bytes).order(ByteOrder.LITTLE_ENDIAN);
    wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(claimed);
    wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
    int align = channels * bits / 8;
    wav.putShort((short) format).putShort((short) channels).putInt(rate).putInt(rate * align);
    wav.putShort((short) align).putShort((short) bits);
    wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(claimed);
    return wav.array();
  }
}

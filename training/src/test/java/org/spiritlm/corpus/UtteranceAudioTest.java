package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.torch.InputException;

/** The audio of an utterance is its stretch of the recording, wherever that lies. */
class UtteranceAudioTest {
  private static final int RATE = Audio.SPEECH_RATE;

  @TempDir Path directory;

  private static Utterance utterance(String audio, @Nullable Double start, @Nullable Double end) {
    return new Utterance(
        "a", AudioLocation.parse(audio), start, end, null, List.of(), null, null, null);
  }

  private float[] write(String name) throws IOException {
    float[] samples = new float[10 * RATE];
    Random random = new Random(3);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (random.nextInt(20_000) - 10_000) / 32_768f;
    }
    AudioWriter.write(directory.resolve(name), new Audio(samples, RATE));
    return samples;
  }

  private static float[] all(AudioReader reader) {
    try (reader) {
      return reader.readAll().samples();
    }
  }

  @Test
  void aStretchOfAFileOrOfAStreamIsThatPart() throws IOException {
    float[] whole = write("a b.wav");
    Utterance all = utterance("a b.wav", null, null);
    Utterance part = utterance("a b.wav", 3.5, 4.25);
    float[] expected = Arrays.copyOfRange(whole, (int) (3.5 * RATE), (int) (4.25 * RATE));
    assertThat(all(UtteranceAudio.open(all, directory))).isEqualTo(whole);
    assertThat(all(UtteranceAudio.open(part, directory))).isEqualTo(expected);
    String uri = directory.resolve("a b.wav").toUri().toString();
    Utterance absolute = part.withAudio(AudioLocation.of(uri));
    assertThat(all(UtteranceAudio.open(absolute, Path.of("elsewhere")))).isEqualTo(expected);
    try (InputStream stream = Files.newInputStream(directory.resolve("a b.wav"))) {
      assertThat(all(UtteranceAudio.open(part, stream))).isEqualTo(expected);
    }
  }

  @Test
  void aStretchOfBytesIsReadFromFilesAndStreams() throws IOException {
    float[] whole = write("a.wav");
    byte[] bytes = Files.readAllBytes(directory.resolve("a.wav"));
    ByteArrayOutputStream outer = new ByteArrayOutputStream();
    outer.write(new byte[512]);
    outer.write(bytes);
    outer.write(new byte[1024]);
    Files.write(directory.resolve("s.tar"), outer.toByteArray());
    Utterance inside = utterance("s.tar#bytes=512+" + bytes.length, 1.0, null);
    float[] expected = Arrays.copyOfRange(whole, RATE, whole.length);
    assertThat(all(UtteranceAudio.open(inside, directory))).isEqualTo(expected);
    assertThat(all(UtteranceAudio.open(inside, new ByteArrayInputStream(outer.toByteArray()))))
        .isEqualTo(expected);
    assertThatThrownBy(
            () ->
                UtteranceAudio.open(
                    inside, new ByteArrayInputStream(outer.toByteArray(), 0, 10_000)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("s.tar#bytes=512+");
  }

  @Test
  void oneChannelIsTakenAlone() throws IOException {
    int count = RATE;
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (AudioWriter writer = AudioWriter.stream(file, RATE, AudioWriter.Encoding.PCM16)) {
      float[] both = new float[2 * count];
      for (int i = 0; i < count; i++) {
        both[2 * i] = 0.25f;
        both[2 * i + 1] = -0.5f;
      }
      writer.write(both);
      writer.finish();
    }
    byte[] bytes = file.toByteArray();
    bytes[22] = 2; // channels
    bytes[32] = 4; // bytes of a sample of both
    Files.write(directory.resolve("two.wav"), bytes);
    float[] right = all(UtteranceAudio.open(utterance("two.wav#channel=2", 0.5, null), directory));
    assertThat(right).hasSize(count / 2).containsOnly(-0.5f);
    assertThat(all(UtteranceAudio.open(utterance("two.wav", null, null), directory)))
        .containsOnly(-0.125f);
    assertThatThrownBy(
            () -> UtteranceAudio.open(utterance("two.wav#channel=3", null, null), directory))
        .isInstanceOf(InputException.class);
  }

  @Test
  void whatCannotBeOpenedIsRefused() throws IOException {
    write("a.wav");
    Files.writeString(directory.resolve("text.wav"), "no audio");
    for (String audio :
        List.of("none.wav", "text.wav", "a.wav#bytes=0+999999999", "hdfs://host/a.wav", "a\0b")) {
      assertThatThrownBy(() -> UtteranceAudio.open(utterance(audio, null, null), directory))
          .as(audio)
          .isInstanceOf(InputException.class);
    }
    assertThatThrownBy(() -> all(UtteranceAudio.open(utterance("a.wav", 1.0, 10.5), directory)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("ends at 10.0 s");
  }

  @Test
  void locationsAreWrittenAndRead() {
    for (AudioLocation location :
        List.of(
            AudioLocation.of("a.wav"),
            new AudioLocation("a.tar", new AudioLocation.Bytes(5, 7)),
            AudioLocation.of("a#b.wav").withChannel(2),
            new AudioLocation("a b.tar", new AudioLocation.Bytes(0, 7)).withChannel(1))) {
      assertThat(AudioLocation.parse(location.toString())).isEqualTo(location);
    }
  }
}

package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.spiritlm.audio.AudioWriter.Encoding;

class AudioWriterTest {
  private static final AudioReader.Options AS_IT_IS =
      AudioReader.Options.speech().withSampleRate(0);

  @TempDir Path directory;

  @Test
  void sixteenBitsComeBackAsTheyWere() throws IOException {
    float[] samples = new float[1 << 16];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (short) i * 0x1p-15f;
    }
    Path file = directory.resolve("every.wav");
    AudioWriter.write(file, new Audio(samples, 12_345));
    Audio found = AudioReader.read(file, AS_IT_IS);
    assertThat(found.samples()).isEqualTo(samples);
    assertThat(found.sampleRate()).isEqualTo(12_345);
    assertThat(Files.size(file)).isEqualTo(44 + 2 * samples.length);
  }

  @Test
  void loudSamplesAreCutOff() throws IOException {
    Path file = directory.resolve("loud.wav");
    AudioWriter.write(file, new Audio(new float[] {1, -1, 3e9f, -3e9f, 0.99999f}, 8000));
    float max = 32767 * 0x1p-15f;
    assertThat(AudioReader.read(file, AS_IT_IS).samples()).containsExactly(max, -1, max, -1, max);
  }

  @Test
  void floatsComeBackExactly() throws IOException {
    float[] samples = noise(50_000);
    Path file = directory.resolve("float.wav");
    try (AudioWriter writer = AudioWriter.open(file, 48_000, Encoding.FLOAT32)) {
      writer.write(Arrays.copyOf(samples, 7));
      writer.write(Arrays.copyOfRange(samples, 7, samples.length));
      assertThat(writer.samples()).isEqualTo(samples.length);
      writer.finish();
    }
    assertThat(AudioReader.read(file, AS_IT_IS).samples()).isEqualTo(samples);
  }

  @Test
  void headerHasTheLength() throws IOException {
    Path file = directory.resolve("header.wav");
    AudioWriter.write(file, new Audio(new float[100], 16_000));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getInt(4)).isEqualTo(bytes.capacity() - 8);
    assertThat(bytes.getInt(24)).isEqualTo(16_000);
    assertThat(bytes.getInt(28)).isEqualTo(32_000);
    assertThat(bytes.getInt(40)).isEqualTo(200);
  }

  @Test
  void unfinishedLeavesWhatWasThere() throws IOException {
    Path file = directory.resolve("old.wav");
    Files.writeString(file, "old");
    try (AudioWriter writer = AudioWriter.open(file, 16_000, Encoding.PCM16)) {
      writer.write(noise(100_000));
    }
    assertThat(file).hasContent("old");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
    AudioWriter.write(file, new Audio(new float[10], 16_000));
    assertThat(AudioReader.read(file).samples()).hasSize(10);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void newFilesHaveTheUsualPermissions() throws IOException {
    Path plain = Files.createFile(directory.resolve("plain"));
    Path file = directory.resolve("new.wav");
    AudioWriter.write(file, new Audio(new float[10], 16_000));
    assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(plain));
  }

  @Test
  void missingDirectory() {
    Path file = directory.resolve("none/x.wav");
    assertThatThrownBy(() -> AudioWriter.write(file, new Audio(new float[10], 16_000)))
        .isInstanceOf(NoSuchFileException.class);
  }

  @ParameterizedTest
  @EnumSource(Encoding.class)
  void streamIsReadToItsEnd(Encoding encoding) throws IOException {
    float[] samples = noise(70_000);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioWriter writer = AudioWriter.stream(bytes, 16_000, encoding)) {
      writer.write(Arrays.copyOf(samples, 30_000));
      assertThat(bytes.size()).as("nothing is held back").isGreaterThan(2 * 30_000);
      writer.write(Arrays.copyOfRange(samples, 30_000, samples.length));
      writer.finish();
    }
    ByteArrayInputStream stream = new ByteArrayInputStream(bytes.toByteArray());
    try (AudioReader reader = AudioReader.open(stream, "stdin", AS_IT_IS)) {
      assertThat(reader.readAll().samples()).hasSameSizeAs(samples);
    }
  }

  @Test
  void rawHasNoHeader() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioWriter writer = AudioWriter.raw(bytes, Encoding.PCM16)) {
      writer.write(new float[] {0.5f, -0.5f});
      writer.finish();
    }
    assertThat(bytes.toByteArray()).containsExactly(0x00, 0x40, 0x00, 0xc0);
  }

  @Test
  void samplesThatAreNoNumbersAreRefused() throws IOException {
    try (AudioWriter writer = AudioWriter.raw(new ByteArrayOutputStream(), Encoding.PCM16)) {
      writer.write(new float[3]);
      assertThatThrownBy(() -> writer.write(new float[] {0, Float.NaN}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sample 4");
    }
  }

  private static float[] noise(int length) {
    Random random = new Random(length);
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) (0.1 * random.nextGaussian());
    }
    return noise;
  }
}

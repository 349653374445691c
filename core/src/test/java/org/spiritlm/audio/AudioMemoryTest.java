package org.spiritlm.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

class AudioMemoryTest {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  /** An open file of FFmpeg's holds over 100 KiB, so that a leak would show as hundreds of MiB. */
  @Test
  void openingManyFilesLeavesNothing() throws IOException {
    Path good = directory.resolve("good.flac");
    EncodedAudio.write(good, "flac", 22_050, new float[3000], new float[3000]);
    byte[] bytes = Files.readAllBytes(good);
    Path cut = Files.write(directory.resolve("cut.flac"), Arrays.copyOf(bytes, 8300));
    Path text = Files.writeString(directory.resolve("text.wav"), "not audio ".repeat(1000));
    Path many = directory.resolve("many.flac");
    EncodedAudio.write(many, "flac", 22_050, new float[100], new float[100], new float[100]);
    open(good, cut, text, many, 300);
    long before = Pointer.physicalBytes();
    open(good, cut, text, many, 1500);
    assertThat(Pointer.physicalBytes() - before).isLessThan(48 * MEBIBYTE);
  }

  private static void open(Path good, Path cut, Path text, Path many, int times) {
    for (int i = 0; i < times; i++) {
      AudioReader.read(good);
      AudioReader.open(good).close(); // with samples left
      for (Path bad : new Path[] {text, many}) {
        assertThatThrownBy(() -> AudioReader.read(bad)).isInstanceOf(InputException.class);
      }
      try (AudioReader reader = AudioReader.open(cut)) {
        reader.next();
      } catch (InputException e) {
        assertThat(e).hasMessageContaining("cut.flac");
      }
    }
  }

  @Test
  void hoursNeedNoMoreThanSeconds() throws IOException {
    Path file = directory.resolve("hours.wav");
    long samples = 3L * 3600 * 16_000;
    AudioWriter.write(file, new Audio(new float[0], 16_000));
    try (RandomAccessFile hours = new RandomAccessFile(file.toFile(), "rw")) {
      hours.setLength(44 + 2 * samples); // a hole, which takes no disk
      hours.seek(40);
      hours.writeInt(Integer.reverseBytes((int) (2 * samples)));
    }
    AudioReader.Options options = AudioReader.Options.speech();
    long count = 0;
    long longest = 0;
    try (AudioReader reader = AudioReader.open(file, options)) {
      count += reader.next().samples().length;
      long before = Pointer.physicalBytes();
      for (Audio chunk : reader) {
        count += chunk.samples().length;
        longest = Math.max(longest, chunk.samples().length);
      }
      assertThat(Pointer.physicalBytes() - before).isLessThan(256 * MEBIBYTE);
    }
    assertThat(count).isEqualTo(samples);
    assertThat(longest).isLessThan(3 * 16_000);
  }
}

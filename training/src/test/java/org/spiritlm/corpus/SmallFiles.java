package org.spiritlm.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;

/** Makes the files of small corpora. */
final class SmallFiles {
  private final Path root;

  SmallFiles(Path root) {
    this.root = root;
  }

  /** A text in UTF-8. */
  SmallFiles text(String name, String content) {
    return bytes(name, content.getBytes(StandardCharsets.UTF_8));
  }

  SmallFiles bytes(String name, byte[] content) {
    Path file = root.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** A WAV file, whatever its ending: a tone that depends on its name. */
  SmallFiles wav(String name, double seconds) {
    return bytes(name, wavBytes(name, seconds));
  }

  static byte[] wavBytes(String name, double seconds) {
    float[] samples = new float[(int) Math.round(seconds * Audio.SPEECH_RATE)];
    double step = 0.05 + 0.001 * (name.hashCode() & 63);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) (0.3 * Math.sin(i * step));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (AudioWriter writer =
        AudioWriter.stream(out, Audio.SPEECH_RATE, AudioWriter.Encoding.PCM16)) {
      writer.write(samples);
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}

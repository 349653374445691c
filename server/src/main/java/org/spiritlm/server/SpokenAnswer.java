package org.spiritlm.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioFormat;
import org.spiritlm.audio.AudioSink;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.audio.Resampler;

/**
 * Audio of a model in a format, as it comes. Samples without a header have the rate that OpenAI's
 * clients expect, {@value #PCM_RATE} Hz, and other formats the model's. Close it.
 */
final class SpokenAnswer implements AutoCloseable {
  /** Samples a second of {@link AudioFormat#PCM} (Hz). */
  static final int PCM_RATE = 24_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final @Nullable Resampler resampler;
  private final AudioSink sink;

  /**
   * @param sampleRate of the audio that will come (Hz)
   */
  SpokenAnswer(AudioFormat format, int sampleRate) {
    boolean resampled = format == AudioFormat.PCM && sampleRate != PCM_RATE;
    this.resampler = resampled ? new Resampler(sampleRate, PCM_RATE) : null;
    try {
      this.sink = format.open(bytes, resampled ? PCM_RATE : sampleRate);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole audio in a format. */
  static byte[] of(Audio audio, AudioFormat format) {
    if (format == AudioFormat.WAV) {
      return AudioWriter.bytes(audio); // which says how long it is
    }
    try (SpokenAnswer answer = new SpokenAnswer(format, audio.sampleRate());
        ByteArrayOutputStream all = new ByteArrayOutputStream()) {
      all.write(answer.add(audio));
      all.write(answer.finish());
      return all.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes the next audio; the bytes that are there with it. */
  byte[] add(Audio audio) {
    float[] samples = audio.samples();
    return written(resampler == null ? samples : resampler.add(samples));
  }

  /** The bytes that are left, when there is no more audio. */
  byte[] finish() {
    if (resampler != null) {
      bytes.writeBytes(written(resampler.finish()));
    }
    try {
      sink.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return taken();
  }

  private byte[] written(float[] samples) {
    try {
      sink.write(samples);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return taken();
  }

  private byte[] taken() {
    byte[] taken = bytes.toByteArray();
    bytes.reset();
    return taken;
  }

  @Override
  public void close() {
    try {
      sink.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

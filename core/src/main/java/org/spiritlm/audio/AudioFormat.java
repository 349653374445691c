package org.spiritlm.audio;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.spiritlm.torch.InputException;

/** Formats in which one channel of audio is written to a stream. */
public enum AudioFormat {
  /** WAV of 16-bit samples, whose header says that the length is not known. */
  WAV("audio/wav"),
  /** 16-bit samples alone, little-endian. */
  PCM("audio/pcm"),
  /** FLAC, which loses nothing of the 16 bits. */
  FLAC("audio/flac"),
  /** MP3 of 64 kbit/s. */
  MP3("audio/mpeg"),
  /** Opus of 32 kbit/s, in Ogg. */
  OPUS("audio/ogg");

  private final String mediaType;

  AudioFormat(String mediaType) {
    this.mediaType = mediaType;
  }

  /**
   * The format of this name.
   *
   * @throws InputException if there is none
   */
  public static AudioFormat of(String name) {
    return Arrays.stream(values())
        .filter(format -> format.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no audio format '"
                        + name
                        + "' here; expected one of "
                        + Arrays.stream(values())
                            .map(AudioFormat::toString)
                            .collect(Collectors.joining(", "))));
  }

  /** What HTTP calls it. */
  public String mediaType() {
    return mediaType;
  }

  /**
   * Starts audio of a rate (Hz) on a stream; every write is flushed. The stream is closed with the
   * sink.
   *
   * @throws IOException if it cannot be written
   */
  public AudioSink open(OutputStream stream, int sampleRate) throws IOException {
    return switch (this) {
      case WAV -> AudioWriter.stream(stream, sampleRate, AudioWriter.Encoding.PCM16);
      case PCM -> AudioWriter.raw(stream, AudioWriter.Encoding.PCM16);
      case FLAC, MP3, OPUS -> new AudioEncoder(this, stream, sampleRate);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

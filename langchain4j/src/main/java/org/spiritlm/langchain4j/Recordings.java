package org.spiritlm.langchain4j;

import dev.langchain4j.data.audio.Audio;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.AudioWriter;
import org.spiritlm.torch.InputException;

/** LangChain4j's audio, read and written. */
final class Recordings {
  private Recordings() {}

  /**
   * The speech in audio of any format: bytes, base64, or a URL with {@code file:} or {@code data:}.
   *
   * @throws InputException if it cannot be read, is too short, or lies elsewhere
   */
  static Segment.Speech read(Audio audio, SpiritLm model) {
    if (audio.binaryData() != null) {
      return read(audio.binaryData(), model);
    }
    if (audio.base64Data() != null) {
      return read(decoded(audio.base64Data()), model);
    }
    URI url = audio.url();
    String scheme = url == null || url.getScheme() == null ? "" : url.getScheme();
    return switch (scheme.toLowerCase(Locale.ROOT)) {
      case "file" -> spoken(Segment.speech(file(url)), model);
      case "data" -> read(data(url), model);
      default -> throw new InputException(missing(url));
    };
  }

  private static String missing(@Nullable URI url) {
    String expected = "give its bytes, base64, or a URL with file: or data:";
    return url == null
        ? "the audio is empty; " + expected
        : "the audio at '" + url + "' is not fetched; " + expected;
  }

  private static Segment.Speech read(byte[] bytes, SpiritLm model) {
    try (AudioReader reader =
        AudioReader.open(
            new ByteArrayInputStream(bytes), "the audio", AudioReader.Options.speech())) {
      return spoken(Segment.speech(model.tokens(model.encode(reader))), model);
    }
  }

  /** The same as tokens, of which there is at least one. */
  private static Segment.Speech spoken(Segment.Speech speech, SpiritLm model) {
    return Segment.speech(model.tokens(speech));
  }

  private static Path file(URI url) {
    try {
      return Path.of(url);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "'" + url + "' names no file; expected a URL such as file:///home/me/question.wav", e);
    }
  }

  private static byte[] data(URI url) {
    String content = url.getSchemeSpecificPart();
    int comma = content.indexOf(',');
    if (comma < 0 || !content.substring(0, comma).endsWith(";base64")) {
      throw new InputException("the audio's data: URL is not in base64; expected data:…;base64,…");
    }
    return decoded(content.substring(comma + 1));
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new InputException("the audio is not base64: " + e.getMessage(), e);
    }
  }

  /** As a WAV file. */
  static Audio wav(org.spiritlm.audio.Audio audio) {
    return Audio.builder().binaryData(AudioWriter.bytes(audio)).mimeType("audio/wav").build();
  }
}

package org.spiritlm.inspection;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioWriter;

/** Pieces of a page that stands by itself. */
final class Html {
  private static final int WAV_HEADER = 44;

  private Html() {}

  /** A text as it can stand anywhere in a page, also within quotation marks. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '`' -> escaped.append("&#96;");
                default -> {
                  // Control characters and halves of pairs are no characters of a page.
                  boolean shown = point == '\n' || point == '\t' || !Character.isISOControl(point);
                  boolean half = point >= 0xd800 && point < 0xe000;
                  escaped.appendCodePoint(shown && !half ? point : 0xfffd);
                }
              }
            });
    return escaped.toString();
  }

  /** A player that holds its audio, 16 kHz. */
  static String player(float[] samples) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (AudioWriter writer =
        AudioWriter.stream(bytes, Audio.SPEECH_RATE, AudioWriter.Encoding.PCM16)) {
      writer.write(samples);
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] wav = bytes.toByteArray();
    // A stream's header cannot know the length; players want it.
    ByteBuffer header = ByteBuffer.wrap(wav).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(4, wav.length - 8);
    header.putInt(WAV_HEADER - 4, wav.length - WAV_HEADER);
    return "<audio controls preload=\"none\" src=\"data:audio/wav;base64,"
        + Base64.getEncoder().encodeToString(wav)
        + "\"></audio>";
  }
}

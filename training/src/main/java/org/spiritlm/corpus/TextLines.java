package org.spiritlm.corpus;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * The lines of a text in UTF-8, one by one. A line that is none is an error of that line alone: the
 * next can be read after it.
 */
final class TextLines implements AutoCloseable {
  /** A longer line is not held: it is no line of a text (bytes). */
  private static final int LONGEST_LINE = 1 << 22;

  private final String name;
  private final InputStream stream;
  private long number;
  private long position;

  TextLines(String name, InputStream stream) {
    this.name = name;
    this.stream = new BufferedInputStream(stream, 1 << 16);
  }

  /**
   * Opens a file.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  static TextLines open(Path file) {
    try {
      return new TextLines(file.toString(), Files.newInputStream(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * All of a short file, without the blanks at its ends.
   *
   * @throws InputException if it is no text in UTF-8, or too long
   */
  static String whole(Path file) {
    try {
      if (Files.size(file) > LONGEST_LINE) {
        throw new InputException(file + ": longer than " + LONGEST_LINE + " bytes");
      }
      return decode(Files.readAllBytes(file), file.toString()).strip();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Bytes up to the end of the last line, its end of line included. */
  long position() {
    return position;
  }

  /** The place of the line that was read last, for messages. */
  String where() {
    return name + ", line " + number;
  }

  /**
   * The next line without its end, or null at the end.
   *
   * @throws InputException if it is no text in UTF-8 or too long; the next can be read all the same
   * @throws UncheckedIOException if the file cannot be read on
   */
  @Nullable String next() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int value;
    try {
      value = stream.read();
      if (value < 0) {
        return null;
      }
      number++;
      position++;
      while (value >= 0 && value != '\n') {
        if (line.size() <= LONGEST_LINE) {
          line.write(value);
        }
        value = stream.read();
        position += value < 0 ? 0 : 1;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (line.size() > LONGEST_LINE) {
      throw new InputException(where() + ": longer than " + LONGEST_LINE + " bytes");
    }
    String text = decode(line.toByteArray(), where());
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /**
   * The text that bytes in UTF-8 are, without a byte order mark.
   *
   * @param where they come from, for the message
   * @throws InputException if they are none, or hold a zero as UTF-16 does
   */
  static String decode(byte[] bytes, String where) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.indexOf('\0') < 0) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
      }
    } catch (CharacterCodingException e) {
      throw new InputException(where + ": not a text in UTF-8; convert it to UTF-8", e);
    }
    throw new InputException(where + ": not a text in UTF-8; convert it to UTF-8");
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

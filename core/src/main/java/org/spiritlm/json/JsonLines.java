package org.spiritlm.json;

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
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * The objects of a file that holds one a line, read while they are asked for; empty lines are
 * skipped.
 *
 * <p>A line that is no object, or no UTF-8, is an {@link InputException} of {@code next}, after
 * which the next line can be read. Can be gone through once.
 */
public final class JsonLines implements Iterable<JsonLine>, AutoCloseable {
  /** The bytes of a line that are kept; a longer one is no line of a text file. */
  private static final int LONGEST_LINE = 1 << 26;

  private final String name;
  private final InputStream stream;
  private int number;
  private int given;

  private JsonLines(String name, InputStream stream) {
    this.name = name;
    this.stream = new BufferedInputStream(stream, 1 << 16);
  }

  /**
   * Opens a file.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  public static JsonLines open(Path file) {
    try {
      return new JsonLines(file.toString(), Files.newInputStream(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a stream to its end.
   *
   * @param name what messages call it
   */
  public static JsonLines of(String name, InputStream stream) {
    return new JsonLines(name, stream);
  }

  @Override
  public Iterator<JsonLine> iterator() {
    return new Iterator<>() {
      private byte @Nullable [] line = nextLine();

      @Override
      public boolean hasNext() {
        return line != null;
      }

      @Override
      public JsonLine next() {
        byte[] bytes = line;
        if (bytes == null) {
          throw new NoSuchElementException();
        }
        given = number;
        String where = name + ", line " + given;
        line = nextLine();
        return new JsonLine(where, Json.parse(text(bytes, where), where));
      }
    };
  }

  /** The number of the line that was given last, or refused, counted from 1; 0 before the first. */
  public int line() {
    return given;
  }

  private static String text(byte[] bytes, String where) {
    if (bytes.length == LONGEST_LINE) {
      throw new InputException(where + ": longer than " + LONGEST_LINE + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InputException(where + ": not a text in UTF-8", e);
    }
  }

  /** The bytes of the next line that is not blank, or null at the end. */
  private byte @Nullable [] nextLine() {
    try {
      byte[] line;
      do {
        line = anyLine();
        number++;
      } while (line != null && isBlank(line));
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte @Nullable [] anyLine() throws IOException {
    int next = stream.read();
    if (next < 0) {
      return null;
    }
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    while (next >= 0 && next != '\n') {
      if (line.size() < LONGEST_LINE) {
        line.write(next);
      }
      next = stream.read();
    }
    return line.toByteArray();
  }

  private static boolean isBlank(byte[] line) {
    for (byte one : line) {
      if (one != ' ' && one != '\t' && one != '\r') {
        return false;
      }
    }
    return true;
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

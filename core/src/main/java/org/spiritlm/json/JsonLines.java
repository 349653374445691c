package org.spiritlm.json;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
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
 * <p>A line that is no object is an {@link InputException} of {@code next}, after which the next
 * line can be read. Can be gone through once.
 */
public final class JsonLines implements Iterable<JsonLine>, AutoCloseable {
  /** A longer line is not read to its end: it is no line of a text file. */
  private static final int LONGEST_LINE = 1 << 26;

  private final String name;
  private final BufferedReader reader;
  private int number;

  private JsonLines(String name, InputStream stream) {
    this.name = name;
    this.reader =
        new BufferedReader(
            new InputStreamReader(
                stream,
                StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)));
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
      private @Nullable String line = nextLine();

      @Override
      public boolean hasNext() {
        return line != null;
      }

      @Override
      public JsonLine next() {
        String text = line;
        if (text == null) {
          throw new NoSuchElementException();
        }
        String where = name + ", line " + number;
        line = null; // where reading on fails, that is the end
        try {
          return new JsonLine(where, Json.parse(text, where));
        } finally {
          line = nextLine();
        }
      }
    };
  }

  private @Nullable String nextLine() {
    try {
      String line;
      do {
        line = limitedLine();
        number++;
      } while (line != null && line.isBlank());
      return line;
    } catch (CharacterCodingException e) {
      throw new InputException(name + ", after line " + number + ": not a text in UTF-8", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable String limitedLine() throws IOException {
    StringBuilder line = new StringBuilder();
    int character = reader.read();
    if (character < 0) {
      return null;
    }
    while (character >= 0 && character != '\n') {
      if (line.length() == LONGEST_LINE) {
        throw new InputException(
            name + ", line " + (number + 1) + ": longer than " + LONGEST_LINE + " characters");
      }
      line.append((char) character);
      character = reader.read();
    }
    return line.toString();
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

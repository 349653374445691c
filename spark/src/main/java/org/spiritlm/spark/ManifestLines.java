package org.spiritlm.spark;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/** The lines of a manifest with their places; blank ones are passed over. Not thread-safe. */
final class ManifestLines implements AutoCloseable {
  /** A longer line is not held: it is no line of a manifest (bytes). */
  private static final int LONGEST = 1 << 26;

  private static final int BUFFER_BYTES = 1 << 20;

  private final InputStream stream;
  private final String name;
  private long offset;
  private long number;

  /**
   * Reads from a stream.
   *
   * @param name what messages call it
   * @param offset of the stream's first byte in the manifest
   * @param number of lines before it
   */
  ManifestLines(InputStream stream, String name, long offset, long number) {
    this.stream = new BufferedInputStream(stream, BUFFER_BYTES);
    this.name = name;
    this.offset = offset;
    this.number = number;
  }

  /**
   * One line.
   *
   * @param offset of its first byte
   * @param number counted from 1
   * @param where the manifest's name and the number
   * @param bytes without the line's end, or null where it is too long
   */
  @SuppressWarnings("ArrayRecordComponent") // read once
  record Line(long offset, long number, String where, byte @Nullable [] bytes) {
    /**
     * The object that stands there.
     *
     * @throws InputException if it is none, or no UTF-8
     */
    JsonLine json() {
      if (bytes == null) {
        throw new InputException(where + ": longer than " + LONGEST + " bytes");
      }
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new JsonLine(where, Json.parse(text, where));
      } catch (CharacterCodingException e) {
        throw new InputException(where + ": not a text in UTF-8", e);
      }
    }
  }

  /** The next line that is not blank, or null at the end. */
  @Nullable Line next() throws IOException {
    for (; ; ) {
      long begin = offset;
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
      boolean blank = true;
      int value = stream.read();
      if (value < 0) {
        return null;
      }
      for (; value >= 0 && value != '\n'; value = stream.read()) {
        offset++;
        blank &= value == ' ' || value == '\t' || value == '\r';
        if (offset - begin <= LONGEST) {
          bytes.write(value);
        }
      }
      offset++;
      number++;
      if (!blank) {
        boolean whole = offset - 1 - begin <= LONGEST;
        return new Line(
            begin, number, name + ", line " + number, whole ? bytes.toByteArray() : null);
      }
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}

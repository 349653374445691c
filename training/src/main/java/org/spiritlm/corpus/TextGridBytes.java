package org.spiritlm.corpus;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.spiritlm.torch.InputException;

/**
 * The binary form, everything with its highest byte first: {@code ooBinaryFile}, classes as a byte
 * with their length and ASCII, times as float64, counts as int32, and texts as a uint16 with their
 * length and Latin-1, or 65535, the number of characters and UTF-16.
 */
final class TextGridBytes implements TextGrid.Fields {
  private static final byte[] BEGINNING = "ooBinaryFile".getBytes(StandardCharsets.US_ASCII);

  /** The length that says that UTF-16 follows. */
  private static final int WIDE = 0xffff;

  private final String name;
  private final ByteBuffer bytes;

  /** Reads a file's bytes. */
  TextGridBytes(String name, byte[] bytes) {
    this.name = name;
    this.bytes = ByteBuffer.wrap(bytes).position(BEGINNING.length);
  }

  /** Whether a file's bytes are of this form. */
  static boolean isThis(byte[] bytes) {
    return bytes.length >= BEGINNING.length
        && Arrays.equals(bytes, 0, BEGINNING.length, BEGINNING, 0, BEGINNING.length);
  }

  /** The buffer, which holds at least this many bytes more. */
  private ByteBuffer next(int length) {
    if (bytes.remaining() < length) {
      throw wrong("ends too soon");
    }
    return bytes;
  }

  @Override
  public String kind() {
    return latin(Byte.toUnsignedInt(next(1).get()));
  }

  @Override
  public String string() {
    int length = length();
    return length == WIDE ? wide(length()) : latin(length);
  }

  private int length() {
    return Short.toUnsignedInt(next(Short.BYTES).getShort());
  }

  private String latin(int length) {
    byte[] characters = new byte[length];
    next(length).get(characters);
    return new String(characters, StandardCharsets.ISO_8859_1);
  }

  private String wide(int characters) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < characters; i++) {
      char first = next(Character.BYTES).getChar();
      text.append(first);
      if (Character.isHighSurrogate(first)) {
        text.append(next(Character.BYTES).getChar());
      }
    }
    return text.toString();
  }

  @Override
  public double number() {
    double value = next(Double.BYTES).getDouble();
    if (!Double.isFinite(value)) {
      throw wrong("expected a number, found " + value);
    }
    return value;
  }

  @Override
  public int count() {
    int count = next(Integer.BYTES).getInt();
    if (count < 0 || count > bytes.remaining()) {
      throw wrong("expected a count, found " + count);
    }
    return count;
  }

  @Override
  public void exists() {
    next(1).get();
  }

  @Override
  public InputException wrong(String what) {
    return new InputException(name + ", byte " + bytes.position() + ": " + what);
  }
}

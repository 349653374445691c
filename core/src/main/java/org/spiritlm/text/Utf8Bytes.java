package org.spiritlm.text;

import java.io.ByteArrayOutputStream;

/**
 * Characters out of bytes that come one by one, by the rule of SentencePiece: a byte with which no
 * character begins becomes U+FFFD by itself.
 */
final class Utf8Bytes {
  private static final char REPLACEMENT = '\uFFFD';

  private final ByteArrayOutputStream held = new ByteArrayOutputStream(8);

  /** Appends the characters that this byte completes. */
  void accept(byte value, StringBuilder text) {
    held.write(value);
    drain(text, false);
  }

  /** Appends what was held back: no more bytes come. */
  void end(StringBuilder text) {
    if (held.size() > 0) {
      drain(text, true);
    }
  }

  private void drain(StringBuilder text, boolean end) {
    byte[] bytes = held.toByteArray();
    held.reset();
    int at = 0;
    while (at < bytes.length) {
      int length = length(bytes[at]);
      if (at + length > bytes.length && !end && continues(bytes, at)) {
        break;
      }
      int character = at + length <= bytes.length ? character(bytes, at, length) : -1;
      text.appendCodePoint(character < 0 ? REPLACEMENT : character);
      at += character < 0 ? 1 : length;
    }
    held.write(bytes, at, bytes.length - at);
  }

  /** Bytes of the character that begins with this one; 1 if none does. */
  private static int length(byte first) {
    int lead = first & 0xff;
    if (lead >> 5 == 0b110) {
      return 2;
    }
    if (lead >> 4 == 0b1110) {
      return 3;
    }
    return lead >> 3 == 0b11110 ? 4 : 1;
  }

  private static boolean continues(byte[] bytes, int at) {
    for (int i = at + 1; i < bytes.length; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        return false;
      }
    }
    return true;
  }

  /** The character, or -1 if these bytes are none: overlong, a surrogate, too large. */
  private static int character(byte[] bytes, int at, int length) {
    if (length == 1) {
      return bytes[at] >= 0 ? bytes[at] : -1;
    }
    int character = bytes[at] & (0xff >> (length + 1));
    for (int i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xc0) != 0x80) {
        return -1;
      }
      character = character << 6 | (bytes[at + i] & 0x3f);
    }
    int smallest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    boolean valid =
        character >= smallest
            && character <= Character.MAX_CODE_POINT
            && !(Character.MIN_SURROGATE <= character && character <= Character.MAX_SURROGATE);
    return valid ? character : -1;
  }
}

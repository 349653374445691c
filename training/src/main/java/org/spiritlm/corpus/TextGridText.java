package org.spiritlm.corpus;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.spiritlm.torch.InputException;

/**
 * The long and the short text form, both read as Praat does, which takes numbers and quoted texts
 * that stand free and passes over all else.
 */
final class TextGridText implements TextGrid.Fields {
  private final String name;
  private final String text;
  private int at;

  /**
   * Reads a file's bytes, in UTF-8 or UTF-16.
   *
   * @throws InputException if they are no text, or no object of Praat's
   */
  TextGridText(String name, byte[] bytes) {
    this.name = name;
    this.text = decode(bytes, name);
    if (!string().equals("ooTextFile")) {
      throw wrong("expected a TextGrid, beginning with \"ooTextFile\"");
    }
  }

  private static String decode(byte[] bytes, String file) {
    boolean big = bytes.length > 1 && bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff;
    boolean little = bytes.length > 1 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe;
    if (!big && !little) {
      return TextLines.decode(bytes, file);
    }
    Charset charset = big ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
    try {
      return charset
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, 2, bytes.length - 2))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not a text in UTF-16 as its first bytes say", e);
    }
  }

  @Override
  public String kind() {
    return string();
  }

  /** {@code <exists>} is neither number nor text, and so is passed over like all such. */
  @Override
  public void exists() {}

  @Override
  public int count() {
    double value = number();
    if (value < 0 || value > text.length() || value != Math.rint(value)) {
      throw wrong("expected a count, found " + value);
    }
    return (int) value;
  }

  @Override
  public double number() {
    String token = token();
    try {
      double value = Double.parseDouble(token);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw wrong("expected a number, found " + token);
    }
    throw wrong("expected a number, found " + token);
  }

  @Override
  public String string() {
    String token = token();
    if (!token.startsWith("\"")) {
      throw wrong("expected a text in quotation marks, found " + token);
    }
    return token.substring(1, token.length() - 1).replace("\"\"", "\"");
  }

  /** The next number, or text in its quotation marks. */
  private String token() {
    while (at < text.length()) {
      char first = text.charAt(at);
      if (Character.isWhitespace(first)) {
        at++;
      } else if (first == '"') {
        return quoted();
      } else if (first == '!') { // a comment
        skipTo('\n');
      } else {
        int start = at;
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
          at++;
        }
        String word = text.substring(start, at);
        if (isNumber(word)) {
          return word;
        }
      }
    }
    throw wrong("ends too soon");
  }

  private static boolean isNumber(String word) {
    char first = word.charAt(0);
    return (Character.isDigit(first) || first == '-' || first == '+' || first == '.')
        && word.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?");
  }

  private void skipTo(char end) {
    while (at < text.length() && text.charAt(at) != end) {
      at++;
    }
  }

  private String quoted() {
    int start = at++;
    while (at < text.length()) {
      if (text.charAt(at) == '"') {
        if (at + 1 >= text.length() || text.charAt(at + 1) != '"') {
          return text.substring(start, ++at);
        }
        at++;
      }
      at++;
    }
    throw wrong("a text in quotation marks does not end");
  }

  @Override
  public InputException wrong(String what) {
    long line = text.substring(0, Math.min(at, text.length())).lines().count();
    return new InputException(name + ", line " + line + ": " + what);
  }
}

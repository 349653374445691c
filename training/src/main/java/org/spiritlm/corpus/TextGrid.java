package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * Praat's TextGrid files, the long and the short form: both are read as Praat does, which takes
 * numbers and quoted texts that stand free and passes over all else.
 */
final class TextGrid {
  /** A longer file is no alignment of an utterance (bytes). */
  private static final int LONGEST_FILE = 1 << 26;

  /** What aligners write where nobody speaks. */
  private static final Set<String> SILENCE =
      Set.of("", "sil", "sp", "spn", "silence", "<sil>", "<eps>", "<p:>", "<p>", "#", "_");

  private final String name;
  private final String text;
  private int at;

  private TextGrid(String name, String text) {
    this.name = name;
    this.text = text;
  }

  /**
   * The words of the tier named {@code words} (or {@code word}, or {@code SPEAKER - words}), or of
   * the only tier of intervals; those of silence are left out.
   *
   * @throws InputException if it is no TextGrid, or has no such tier
   */
  static List<AlignedWord> words(Path file) {
    try {
      if (Files.size(file) > LONGEST_FILE) {
        throw new InputException(file + ": longer than " + LONGEST_FILE + " bytes");
      }
      return new TextGrid(file.toString(), decode(Files.readAllBytes(file), file)).words();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String decode(byte[] bytes, Path file) {
    boolean big = bytes.length > 1 && bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff;
    boolean little = bytes.length > 1 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe;
    if (!big && !little) {
      return TextLines.decode(bytes, file.toString());
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

  private List<AlignedWord> words() {
    if (!string().equals("ooTextFile") || !string().equals("TextGrid")) {
      throw wrong("expected a TextGrid, beginning with \"ooTextFile\" and \"TextGrid\"");
    }
    number();
    number(); // the times of the whole
    int tiers = count();
    @Nullable List<AlignedWord> chosen = null;
    boolean named = false;
    int intervals = 0;
    for (int i = 0; i < tiers; i++) {
      String kind = string();
      String tier = string().toLowerCase(Locale.ROOT).strip();
      number();
      number();
      if (!kind.equals("IntervalTier")) {
        skipPoints();
        continue;
      }
      List<AlignedWord> words = intervals();
      boolean ofWords = tier.endsWith("words") || tier.endsWith("word");
      if (ofWords && named) {
        throw wrong("has two tiers of words; leave one of them");
      }
      intervals++;
      named |= ofWords;
      chosen = ofWords || (chosen == null && !named) ? words : chosen;
    }
    if (chosen == null || (!named && intervals > 1)) {
      throw wrong("expected a tier named words, or a single tier of intervals");
    }
    return chosen;
  }

  private List<AlignedWord> intervals() {
    List<AlignedWord> words = new ArrayList<>();
    int count = count();
    for (int i = 0; i < count; i++) {
      double start = number();
      double end = number();
      String word = string().strip();
      if (!isSilence(word)) {
        words.add(new AlignedWord(word, start, end));
      }
    }
    return words;
  }

  /** Whether this stands for no word. */
  static boolean isSilence(String word) {
    return SILENCE.contains(word.toLowerCase(Locale.ROOT));
  }

  private void skipPoints() {
    int count = count();
    for (int i = 0; i < count; i++) {
      number();
      string();
    }
  }

  private int count() {
    double value = number();
    if (value < 0 || value > text.length() || value != Math.rint(value)) {
      throw wrong("expected a count, found " + value);
    }
    return (int) value;
  }

  private double number() {
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

  private String string() {
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

  private InputException wrong(String what) {
    long line = text.substring(0, Math.min(at, text.length())).lines().count();
    return new InputException(name + ", line " + line + ": " + what);
  }
}

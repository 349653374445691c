package org.spiritlm.synthesis;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.spiritlm.torch.InputException;

/**
 * A text in pieces that can be read out, each of which knows to which word of the text it belongs.
 *
 * <p>Words are what stands between blanks. Numbers, amounts of dollars and ordinals are pieces that
 * FreeTTS reads; symbols and some abbreviations are written out here; accents are dropped. Other
 * alphabets cannot be read.
 */
final class SpokenText {
  /** A longer text is no sentence (characters). */
  static final int LONGEST = 2000;

  /** Longer numbers are read digit by digit. */
  private static final int LONGEST_NUMBER = 9;

  private static final Pattern PIECE =
      Pattern.compile(
          "(?<money>\\$\\d{1,3}(?:,\\d{3})+(?:\\.\\d\\d)?|\\$\\d+(?:\\.\\d\\d)?(?![\\d.]))"
              + "|(?<grouped>\\d{1,3}(?:,\\d{3})+)(?!\\d)"
              + "|(?<ordinal>\\d+(?:st|nd|rd|th))(?![a-z])"
              + "|(?<number>\\d+(?:\\.\\d+)?)"
              + "|(?<letters>[A-Za-z]+(?:'[A-Za-z]+)*)"
              + "|(?<mark>.)",
          Pattern.DOTALL);

  private static final Map<Character, String> SYMBOLS =
      Map.ofEntries(
          Map.entry('&', "and"),
          Map.entry('%', "percent"),
          Map.entry('$', "dollars"),
          Map.entry('€', "euros"),
          Map.entry('£', "pounds"),
          Map.entry('¥', "yen"),
          Map.entry('¢', "cents"),
          Map.entry('+', "plus"),
          Map.entry('=', "equals"),
          Map.entry('@', "at"),
          Map.entry('#', "number"),
          Map.entry('°', "degrees"),
          Map.entry('<', "less than"),
          Map.entry('>', "greater than"),
          Map.entry('§', "section"),
          Map.entry('×', "times"),
          Map.entry('÷', "divided by"));

  /** Letters that the decomposition of accents leaves as they are. */
  private static final Map<Character, String> LETTERS =
      Map.ofEntries(
          Map.entry('ß', "ss"),
          Map.entry('æ', "ae"),
          Map.entry('Æ', "Ae"),
          Map.entry('œ', "oe"),
          Map.entry('Œ', "Oe"),
          Map.entry('ø', "o"),
          Map.entry('Ø', "O"),
          Map.entry('đ', "d"),
          Map.entry('Đ', "D"),
          Map.entry('ð', "d"),
          Map.entry('Ð', "D"),
          Map.entry('ł', "l"),
          Map.entry('Ł', "L"),
          Map.entry('þ', "th"),
          Map.entry('Þ', "Th"),
          Map.entry('ı', "i"));

  /** Abbreviations that are known by their full stop. */
  private static final Map<String, String> ABBREVIATIONS =
      Map.ofEntries(
          Map.entry("etc", "et cetera"),
          Map.entry("vs", "versus"),
          Map.entry("prof", "professor"),
          Map.entry("jr", "junior"),
          Map.entry("sr", "senior"),
          Map.entry("ms", "miss"),
          Map.entry("gen", "general"),
          Map.entry("col", "colonel"),
          Map.entry("capt", "captain"),
          Map.entry("lt", "lieutenant"),
          Map.entry("sgt", "sergeant"),
          Map.entry("gov", "governor"),
          Map.entry("rev", "reverend"),
          Map.entry("dept", "department"),
          Map.entry("approx", "approximately"),
          Map.entry("inc", "incorporated"),
          Map.entry("ltd", "limited"));

  /** Those that FreeTTS reads, for which the full stop is no end. */
  private static final List<String> TITLES = List.of("mr", "mrs", "dr", "st");

  private static final String BREAKS = ".,:;!?";

  /**
   * What is read at once.
   *
   * @param text letters or a number
   * @param punctuation a mark after it at which the voice pauses, or nothing
   * @param word the number of the word, counted from 0
   */
  record Piece(String text, String punctuation, int word) {}

  private final List<String> words;
  private final List<Piece> pieces = new ArrayList<>();

  /**
   * Takes a text apart.
   *
   * @throws InputException if it cannot be read out
   */
  SpokenText(String text) {
    if (text.length() > LONGEST) {
      throw new InputException("longer than " + LONGEST + " characters; split it into sentences");
    }
    this.words = words(text);
    for (int i = 0; i < words.size(); i++) {
      addWord(words.get(i), i);
    }
    if (pieces.isEmpty()) {
      throw new InputException("nothing in it can be said");
    }
  }

  /** What stands between blanks of any kind. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              if (!Character.isWhitespace(point) && !Character.isSpaceChar(point)) {
                word.appendCodePoint(point);
              } else if (word.length() > 0) {
                words.add(word.toString());
                word.setLength(0);
              }
            });
    if (word.length() > 0) {
      words.add(word.toString());
    }
    return words;
  }

  /** The words of the text, as they are. */
  List<String> words() {
    return List.copyOf(words);
  }

  /** All pieces in order. */
  List<Piece> pieces() {
    return List.copyOf(pieces);
  }

  private void addWord(String word, int number) {
    String plain = plain(word);
    int before = pieces.size();
    Matcher matcher = PIECE.matcher(plain);
    while (matcher.find()) {
      String found = matcher.group();
      if (matcher.group("mark") != null) {
        if (!joinsParts(plain, matcher)) {
          addMark(found.charAt(0), number);
        }
      } else if (matcher.group("number") != null || matcher.group("grouped") != null) {
        addNumber(found.replace(",", ""), number);
      } else {
        add(found, number);
      }
    }
    if (pieces.size() == before) {
      requireSilent(word, plain);
    } else if (plain.endsWith(".")) {
      addAbbreviation(before, number);
    }
  }

  /** Whether a mark stands inside a word such as {@code U.S.} or {@code 10:30}. */
  private static boolean joinsParts(String plain, Matcher mark) {
    return ".:".contains(mark.group())
        && mark.end() < plain.length()
        && Character.isLetterOrDigit(plain.charAt(mark.end()));
  }

  /** The word in ASCII letters and marks, where it has such. */
  private static String plain(String word) {
    String decomposed = Normalizer.normalize(word, Normalizer.Form.NFKD);
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < decomposed.length(); i++) {
      char each = decomposed.charAt(i);
      switch (each) {
        case '\u2018', '\u2019', '\u02bc', '`', '\u00b4' -> plain.append('\'');
        case '\u2012', '\u2013', '\u2014', '\u2015', '\u2026' -> plain.append(',');
        case '\u2044' -> plain.append('/');
        default -> {
          String letters = LETTERS.get(each);
          if (letters != null) {
            plain.append(letters);
          } else if (Character.getType(each) != Character.NON_SPACING_MARK) {
            plain.append(each);
          }
        }
      }
    }
    requireLatin(word, plain);
    return plain.toString();
  }

  private static void requireLatin(String word, CharSequence plain) {
    plain
        .codePoints()
        .filter(point -> point > 127 && Character.isLetterOrDigit(point))
        .findFirst()
        .ifPresent(
            point -> {
              throw new InputException(
                  String.format(
                      Locale.ROOT,
                      "'%s' cannot be said: the letter '%s' (U+%04X) is of another alphabet",
                      word,
                      Character.toString(point),
                      point));
            });
  }

  /** A word of which nothing is said must be punctuation. */
  private static void requireSilent(String word, String plain) {
    plain
        .codePoints()
        .filter(SpokenText::isSymbol)
        .findFirst()
        .ifPresent(
            point -> {
              throw new InputException(
                  String.format(
                      Locale.ROOT, "'%s' cannot be said: no words for U+%04X", word, point));
            });
  }

  private static boolean isSymbol(int point) {
    int type = Character.getType(point);
    return type == Character.OTHER_SYMBOL
        || type == Character.SURROGATE
        || type == Character.PRIVATE_USE
        || type == Character.UNASSIGNED
        || type == Character.CONTROL
        || point == '\ufffd';
  }

  private void addMark(char mark, int word) {
    String said = SYMBOLS.get(mark);
    if (said != null) {
      for (String each : said.split(" ", -1)) {
        add(each, word);
      }
    } else if (BREAKS.indexOf(mark) >= 0 && !pieces.isEmpty()) {
      punctuate(pieces.size() - 1, String.valueOf(mark));
    }
  }

  private void addNumber(String number, int word) {
    if (number.length() <= LONGEST_NUMBER) {
      add(number, word);
      return;
    }
    for (int i = 0; i < number.length(); i++) {
      char digit = number.charAt(i);
      add(digit == '.' ? "point" : String.valueOf(digit), word);
    }
  }

  private void add(String text, int word) {
    pieces.add(new Piece(text, "", word));
  }

  private void punctuate(int at, String punctuation) {
    Piece piece = pieces.get(at);
    if (piece.punctuation().isEmpty()) {
      pieces.set(at, new Piece(piece.text(), punctuation, piece.word()));
    }
  }

  /** The full stop after a word may be that of an abbreviation, or of initials, and no end. */
  private void addAbbreviation(int at, int word) {
    boolean last = word == words.size() - 1;
    String punctuation = last ? "." : "";
    if (at != pieces.size() - 1) {
      boolean initials =
          pieces.subList(at, pieces.size()).stream().allMatch(each -> each.text().length() == 1);
      if (initials) {
        Piece end = pieces.remove(pieces.size() - 1);
        pieces.add(new Piece(end.text(), punctuation, word));
      }
      return;
    }
    Piece piece = pieces.get(at);
    String full = ABBREVIATIONS.get(piece.text().toLowerCase(Locale.ROOT));
    if (full != null) {
      pieces.remove(at);
      for (String each : full.split(" ", -1)) {
        add(each, word);
      }
      punctuate(pieces.size() - 1, punctuation);
    } else if (!last
        && (piece.text().length() == 1 || TITLES.contains(piece.text().toLowerCase(Locale.ROOT)))) {
      pieces.set(at, new Piece(piece.text(), "", word));
    }
  }
}

package org.spiritlm.corpus;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What words of different sources are compared by: their letters and digits, whatever their case,
 * punctuation and compatibility forms (NFKC).
 */
public final class WordLetters {
  /** Apostrophes that Unicode counts among the letters, or takes apart into a mark. */
  private static final Pattern APOSTROPHES = Pattern.compile("[\u02bc\u00b4]");

  private WordLetters() {}

  /** The letters of a word, none where it is punctuation alone. */
  public static String of(String word) {
    String written = APOSTROPHES.matcher(word).replaceAll("");
    String plain = Normalizer.normalize(written, Normalizer.Form.NFKC).toUpperCase(Locale.ROOT);
    StringBuilder letters = new StringBuilder();
    plain.codePoints().filter(WordLetters::isLetter).forEach(letters::appendCodePoint);
    return letters.toString();
  }

  private static boolean isLetter(int point) {
    return Character.isLetterOrDigit(point)
        || Character.getType(point) == Character.NON_SPACING_MARK;
  }
}

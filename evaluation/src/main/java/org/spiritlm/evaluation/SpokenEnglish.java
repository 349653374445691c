package org.spiritlm.evaluation;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.spiritlm.text.TranscriptNormalizer;

/**
 * Writes English as it is said, so that transcripts which differ in spelling alone are the same:
 * whole numbers and ordinals in words ({@code 127} is <em>one hundred twenty seven</em>), short
 * forms in full ({@code they're} is <em>they are</em>; {@code 's} is always <em>is</em>, on both
 * sides alike), some signs and titles.
 *
 * <p>Numbers of more than 15 digits are read digit by digit; of years and telephone numbers there
 * is no other reading than that of a number.
 */
final class SpokenEnglish {
  private static final int LONGEST_NUMBER = 15;

  private static final List<String> SMALL =
      List.of(
          "zero",
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
          "ten",
          "eleven",
          "twelve",
          "thirteen",
          "fourteen",
          "fifteen",
          "sixteen",
          "seventeen",
          "eighteen",
          "nineteen");

  private static final List<String> TENS =
      List.of("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");

  private static final List<String> THOUSANDS =
      List.of("", " thousand", " million", " billion", " trillion");

  private static final Map<String, String> ORDINALS =
      Map.of(
          "one", "first", "two", "second", "three", "third", "five", "fifth", "eight", "eighth",
          "nine", "ninth", "twelve", "twelfth");

  private static final Map<String, String> SHORT_FORMS =
      Map.of("re", " are", "s", " is", "m", " am", "ll", " will", "ve", " have", "d", " would");

  private static final Map<String, String> IRREGULAR =
      Map.of("won't", "will not", "can't", "can not", "shan't", "shall not");

  private static final Map<String, String> WRITTEN =
      Map.ofEntries(
          Map.entry("mr", "mister"),
          Map.entry("mrs", "missus"),
          Map.entry("dr", "doctor"),
          Map.entry("st", "saint"),
          Map.entry("cannot", "can not"),
          Map.entry("okay", "ok"));

  private static final Pattern MONEY = Pattern.compile("\\$(\\d[\\d,]*)");
  private static final Pattern GROUPED = Pattern.compile("(?<=\\d),(?=\\d{3}(?!\\d))");
  private static final Pattern NUMBER = Pattern.compile("(\\d+)(st|nd|rd|th)?(?![\\p{L}\\d])");
  private static final Pattern STUCK = Pattern.compile("(?<=\\d)(?=\\p{L})|(?<=\\p{L})(?=\\d)");
  private static final Pattern NOT = Pattern.compile("\\b([a-z]+)n't\\b");
  private static final Pattern SHORT = Pattern.compile("\\b([a-z]+)'(re|s|m|ll|ve|d)\\b");
  private static final Pattern WORD = Pattern.compile("\\b[a-z]+(?:'[a-z]+)?\\b");

  private SpokenEnglish() {}

  /** The words that are said, as {@link TranscriptNormalizer} leaves them. */
  static String normalize(String transcript) {
    String text = transcript.toLowerCase(Locale.ROOT).replace("%", " percent ");
    text = text.replace("&", " and ");
    text = MONEY.matcher(text).replaceAll("$1 dollars");
    text = GROUPED.matcher(text).replaceAll("");
    text = NUMBER.matcher(text).replaceAll(SpokenEnglish::number);
    text = STUCK.matcher(text).replaceAll(" ");
    text = NUMBER.matcher(text).replaceAll(SpokenEnglish::number);
    text = TranscriptNormalizer.normalize(text);
    text = WORD.matcher(text).replaceAll(word -> full(word.group()));
    text = NOT.matcher(text).replaceAll("$1 not");
    return SHORT
        .matcher(text)
        .replaceAll(word -> word.group(1) + SHORT_FORMS.getOrDefault(word.group(2), ""));
  }

  private static String full(String word) {
    return WRITTEN.getOrDefault(word, IRREGULAR.getOrDefault(word, word));
  }

  private static String number(MatchResult number) {
    String digits = number.group(1);
    if (digits.length() > LONGEST_NUMBER) {
      StringBuilder words = new StringBuilder();
      digits.chars().forEach(digit -> words.append(' ').append(SMALL.get(digit - '0')));
      return Matcher.quoteReplacement(words + " ");
    }
    String words = words(Long.parseLong(digits));
    return " " + (number.group(2) == null ? words : ordinal(words)) + " ";
  }

  /** A number up to 15 digits in words, without "and". */
  static String words(long number) {
    if (number < 1000) {
      return number == 0 ? SMALL.get(0) : hundreds((int) number);
    }
    StringBuilder words = new StringBuilder();
    long divisor = 1;
    for (int i = 1; i < THOUSANDS.size(); i++) {
      divisor *= 1000;
    }
    for (int i = THOUSANDS.size() - 1; i >= 0; i--, divisor /= 1000) {
      int part = (int) (number / divisor % 1000);
      if (part > 0) {
        words.append(words.isEmpty() ? "" : " ").append(hundreds(part)).append(THOUSANDS.get(i));
      }
    }
    return words.toString();
  }

  private static String hundreds(int number) {
    if (number < SMALL.size()) {
      return SMALL.get(number);
    }
    if (number < 100) {
      int rest = number % 10;
      return TENS.get(number / 10) + (rest == 0 ? "" : " " + SMALL.get(rest));
    }
    int rest = number % 100;
    return SMALL.get(number / 100) + " hundred" + (rest == 0 ? "" : " " + hundreds(rest));
  }

  private static String ordinal(String words) {
    int blank = words.lastIndexOf(' ') + 1;
    String last = words.substring(blank);
    String ordinal =
        last.endsWith("y")
            ? last.substring(0, last.length() - 1) + "ieth"
            : ORDINALS.getOrDefault(last, last + "th");
    return words.substring(0, blank) + ordinal;
  }
}

package org.spiritlm.prompt;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the reference asks of a mixed string of text and speech tokens, with its answers for
 * malformed ones too. Generated ids are better read by {@link OutputReader}, which never takes
 * words for tokens.
 */
public final class TokenString {
  private static final Pattern MARKER = Pattern.compile("\\[(Text|Speech)\\]");

  /** From a kind's bracket to the next closing one, or to the end. */
  private static final Pattern SPEECH = Pattern.compile("\\[(Hu|Pi|St)[^\\]]*+(\\]|$)");

  private static final Pattern TOKEN = Pattern.compile("\\[(Hu|Pi|St)[0-9]++\\]");

  /** A token of seven digits; the reference takes nothing longer for speech at either end. */
  private static final int LONGEST_TOKEN = 11;

  /** {@code [Hu]} alone is no token. */
  private static final int SHORTEST_STRING = 5;

  private TokenString() {}

  /**
   * A run of one modality.
   *
   * @param content the characters, without markers
   */
  public record Run(String content, boolean isSpeech) {}

  /**
   * The runs of text and speech: markers are dropped first; what begins like a token up to the next
   * {@code ]}, or the end, is speech.
   */
  public static List<Run> split(String string) {
    String content = MARKER.matcher(string).replaceAll("");
    List<Run> runs = new ArrayList<>();
    Matcher speech = SPEECH.matcher(content);
    int begin = 0; // of the run of speech that ends at end
    int end = 0;
    while (speech.find()) {
      if (speech.start() > end) {
        add(runs, content, begin, end, true);
        add(runs, content, end, speech.start(), false);
        begin = speech.start();
      }
      end = speech.end();
    }
    add(runs, content, begin, end, true);
    add(runs, content, end, content.length(), false);
    return runs;
  }

  private static void add(List<Run> runs, String content, int from, int to, boolean isSpeech) {
    if (from < to) {
      runs.add(new Run(content.substring(from, to), isSpeech));
    }
  }

  /** Whether the string begins with something like a speech token. */
  public static boolean startsWithSpeech(String string) {
    int end = string.indexOf(']');
    return string.length() >= SHORTEST_STRING
        && end >= 0
        && end < LONGEST_TOKEN
        && isKind(string, 0);
  }

  /** Whether the string ends with something like a speech token. */
  public static boolean endsWithSpeech(String string) {
    int begin = string.lastIndexOf('[');
    return string.length() >= SHORTEST_STRING
        && string.endsWith("]")
        && begin >= 0
        && string.length() - begin <= LONGEST_TOKEN
        && isKind(string, begin);
  }

  private static boolean isKind(String string, int bracket) {
    for (SpeechTokens.Kind kind : SpeechTokens.Kind.values()) {
      if (string.startsWith("[" + kind.prefix(), bracket)) {
        return true;
      }
    }
    return false;
  }

  /** Where the last run of speech tokens begins, as an index into the string. */
  public static OptionalInt lastSpeechStart(String string) {
    OptionalInt start = OptionalInt.empty();
    int end = -1;
    Matcher token = TOKEN.matcher(string);
    while (token.find()) {
      if (token.start() != end) {
        start = OptionalInt.of(token.start());
      }
      end = token.end();
    }
    return start;
  }
}

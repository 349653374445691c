package org.spiritlm.prompt;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.torch.InputException;

/** The two readers of token strings. */
final class SpeechReader {
  private static final String SPEECH_MARKER = "[Speech]";
  private static final int MOST_DIGITS = 9; // fits an int
  private static final Pattern TOKEN = Pattern.compile("\\[(Hu|Pi|St)([0-9]+)\\]");

  private SpeechReader() {}

  static List<Token> strict(String string) {
    List<Token> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(string);
    int at = 0;
    while (at < string.length()) {
      if (Character.isWhitespace(string.charAt(at))) {
        at++;
      } else if (string.startsWith(SPEECH_MARKER, at)) {
        at += SPEECH_MARKER.length();
      } else if (matcher.region(at, string.length()).lookingAt()) {
        tokens.add(new Token(kind(matcher.group(1)), number(matcher.group(2), at)));
        at = matcher.end();
      } else {
        throw new InputException(
            "Speech tokens, character "
                + (at + 1)
                + ": expected a token such as [Hu12], [Pi3] or [St7], found "
                + excerpt(string, at));
      }
    }
    return tokens;
  }

  static List<Token> lenient(String string) {
    List<Token> tokens = new ArrayList<>();
    int at = string.indexOf('[');
    while (at >= 0) {
      int next = string.indexOf('[', at + 1);
      int end = next < 0 ? string.length() : next;
      Kind kind = kindAt(string, at + 1, end);
      if (kind != null) {
        int digits = at + 1 + kind.prefix().length();
        int stop = digits;
        while (stop < end - 1 && isDigit(string.charAt(stop))) {
          stop++;
        }
        if (stop > digits) {
          tokens.add(new Token(kind, number(string.substring(digits, stop), at)));
        }
      }
      at = next;
    }
    return tokens;
  }

  private static @Nullable Kind kindAt(String string, int from, int end) {
    for (Kind kind : Kind.values()) {
      if (from + kind.prefix().length() < end && string.startsWith(kind.prefix(), from)) {
        return kind;
      }
    }
    return null;
  }

  private static Kind kind(String prefix) {
    for (Kind kind : Kind.values()) {
      if (kind.prefix().equals(prefix)) {
        return kind;
      }
    }
    throw new AssertionError(prefix);
  }

  private static int number(String digits, int at) {
    if (digits.length() > MOST_DIGITS) {
      throw new InputException(
          "Speech tokens, character "
              + (at + 1)
              + ": a token with a number of "
              + digits.length()
              + " digits");
    }
    return Integer.parseInt(digits);
  }

  static boolean isDigit(char c) {
    return '0' <= c && c <= '9';
  }

  /** The next few characters, quoted: up to a closing bracket if there is one. */
  static String excerpt(String string, int at) {
    int most = 24;
    int bracket = string.indexOf(']', at);
    int end =
        bracket >= 0 && bracket - at < most ? bracket + 1 : Math.min(string.length(), at + most);
    return "\""
        + string.substring(at, end)
        + (bracket < 0 && end < string.length() ? "…" : "")
        + "\"";
  }
}

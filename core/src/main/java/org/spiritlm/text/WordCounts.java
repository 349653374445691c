package org.spiritlm.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How often each word is in a text. A word has its blank before it, and ends where letters, digits
 * or other signs begin or end, so that no piece of a vocabulary joins them. Not thread-safe.
 */
public final class WordCounts {
  private static final Pattern WORD =
      Pattern.compile(" ?(?:\\p{L}[\\p{L}\\p{M}]*|\\p{N}+|[^\\s\\p{L}\\p{N}]+)");

  private final Map<String, Long> words = new HashMap<>();
  private final Map<Integer, Long> characters = new HashMap<>();

  /** Counts those of a text. */
  public void add(String text) {
    String spaced = " " + text.replace(SentencePieceTokenizer.BLANK, "").replaceAll("\\s+", " ");
    WORD.matcher(spaced)
        .results()
        .map(MatchResult::group)
        .forEach(
            word -> {
              String marked = word.replace(" ", SentencePieceTokenizer.BLANK);
              words.merge(marked, 1L, Long::sum);
              marked.codePoints().forEach(each -> characters.merge(each, 1L, Long::sum));
            });
  }

  /** Counts of the words that these characters write, by word; a blank is {@code ▁}. */
  Map<String, Long> written(Set<String> known) {
    Map<String, Long> written = new HashMap<>(words);
    written
        .keySet()
        .removeIf(
            word -> word.codePoints().anyMatch(each -> !known.contains(Character.toString(each))));
    return written;
  }

  /** Counts by character. */
  Map<Integer, Long> characters() {
    return characters;
  }
}

package org.spiritlm.server;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.spiritlm.alignment.AlignedWord;

/**
 * A stretch of a transcript that is read at once, and when it is said.
 *
 * @param start seconds from the beginning of the recording
 * @param end seconds from the beginning of the recording
 * @param text words with blanks or, in subtitles, one line break between them
 */
record Caption(double start, double end, String text) {
  /** Characters of a subtitle's line, and lines, that are usual. */
  private static final int LINE = 42;

  private static final int LINES = 2;

  /** How long a subtitle lasts at most, but for a single word (seconds). */
  private static final double LONGEST = 7;

  /** Silence that ends a stretch (seconds). */
  private static final double PAUSE = 0.8;

  private static final Pattern SENTENCE_END = Pattern.compile(".*[.!?…。！？][\"'”’»)\\]]*");

  /** The sentences of a transcript: they end with their marks, or where somebody pauses. */
  static List<Caption> sentences(List<AlignedWord> words) {
    return stretches(words, Integer.MAX_VALUE, Double.POSITIVE_INFINITY).stream()
        .map(stretch -> of(stretch, joined(stretch)))
        .toList();
  }

  /** Subtitles: sentences, where they are long in pieces, of one line or two. */
  static List<Caption> subtitles(List<AlignedWord> words) {
    return stretches(words, LINE * LINES, LONGEST).stream()
        .map(stretch -> of(stretch, broken(joined(stretch))))
        .toList();
  }

  private static Caption of(List<AlignedWord> words, String text) {
    return new Caption(words.get(0).start(), words.get(words.size() - 1).end(), text);
  }

  /** Words of which nothing is said stay with those before them. */
  private static List<List<AlignedWord>> stretches(
      List<AlignedWord> words, int characters, double seconds) {
    List<List<AlignedWord>> stretches = new ArrayList<>();
    List<AlignedWord> stretch = new ArrayList<>();
    for (AlignedWord word : words) {
      if (!stretch.isEmpty()
          && isSaid(word)
          && (isEnded(stretch, word) || isFull(stretch, word, characters, seconds))) {
        stretches.add(stretch);
        stretch = new ArrayList<>();
      }
      stretch.add(word);
    }
    if (!stretch.isEmpty()) {
      stretches.add(stretch);
    }
    return stretches;
  }

  private static boolean isSaid(AlignedWord word) {
    return word.end() > word.start();
  }

  private static boolean isEnded(List<AlignedWord> stretch, AlignedWord next) {
    boolean pauses = next.start() - stretch.get(stretch.size() - 1).end() >= PAUSE;
    int last = stretch.size() - 1;
    while (last > 0 && !isSaid(stretch.get(last))) {
      last--;
    }
    return pauses
        || stretch.subList(last, stretch.size()).stream()
            .anyMatch(word -> SENTENCE_END.matcher(word.word()).matches());
  }

  private static boolean isFull(
      List<AlignedWord> stretch, AlignedWord next, int characters, double seconds) {
    return joined(stretch).length() + 1L + next.word().length() > characters
        || next.end() - stretch.get(0).start() > seconds;
  }

  private static String joined(List<AlignedWord> words) {
    return String.join(" ", words.stream().map(AlignedWord::word).toList());
  }

  /** Two lines as equally long as can be, where one would be too long. */
  private static String broken(String text) {
    int best = -1;
    for (int at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) {
      if (best < 0 || longer(text, at) < longer(text, best)) {
        best = at;
      }
    }
    return text.length() <= LINE || best < 0
        ? text
        : text.substring(0, best) + "\n" + text.substring(best + 1);
  }

  private static int longer(String text, int at) {
    return Math.max(at, text.length() - at - 1);
  }
}

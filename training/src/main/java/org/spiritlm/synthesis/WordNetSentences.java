package org.spiritlm.synthesis;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.spiritlm.torch.InputException;

/**
 * English sentences of frequent words: the examples that WordNet 3.1 quotes for its meanings. The
 * most frequent words come first: sentences are ordered by their rarest word, in groups, and
 * shuffled inside.
 */
public final class WordNetSentences {
  private static final List<String> FILES = List.of("noun", "verb", "adj", "adv");
  private static final String PLACE = "/net/sf/extjwnl/data/wordnet/wn31/data.";

  private static final Pattern EXAMPLE = Pattern.compile("\"([^\"]+)\"");
  private static final Pattern SPEAKABLE = Pattern.compile("[A-Za-z' ,.;:!?-]+");

  /** Abbreviations, and quotation marks that are no apostrophes. */
  private static final Pattern UNSPEAKABLE =
      Pattern.compile("\\b[A-Z]{2,}\\b|\\b[A-Z]\\.|(?<!\\w)'|'(?!\\w)");

  private static final Pattern WORD = Pattern.compile("[a-z]+(?:'[a-z]+)*");

  private static final int FEWEST_WORDS = 4;
  private static final int MOST_WORDS = 18;
  private static final int MOST_CHARACTERS = 120;

  /** Ranks of words that count as equally frequent. */
  private static final int GROUP = 500;

  private WordNetSentences() {}

  /**
   * The sentences all of whose words are frequent.
   *
   * @param words how many of the most frequent words are taken
   * @param most sentences at most
   * @throws InputException if WordNet's files are not on the class path
   */
  public static List<String> of(int words, int most) {
    Set<String> found = new LinkedHashSet<>();
    for (String file : FILES) {
      read(file, found);
    }
    Map<String, Integer> ranks = ranks(found);
    List<String> kept = new ArrayList<>();
    Map<String, Integer> groups = new HashMap<>();
    for (String sentence : found) {
      int rarest = words(sentence).stream().mapToInt(ranks::get).max().orElseThrow();
      if (rarest < words) {
        kept.add(sentence);
        groups.put(sentence, rarest / GROUP);
      }
    }
    shuffle(kept);
    kept.sort(Comparator.comparing(groups::get));
    return kept.subList(0, Math.min(most, kept.size()));
  }

  /** The same order on every JVM. */
  private static void shuffle(List<String> sentences) {
    Random random = new Random(0);
    for (int i = sentences.size() - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      String moved = sentences.get(other);
      sentences.set(other, sentences.get(i));
      sentences.set(i, moved);
    }
  }

  private static void read(String file, Collection<String> found) {
    InputStream stream = WordNetSentences.class.getResourceAsStream(PLACE + file);
    if (stream == null) {
      throw new InputException(
          "WordNet's " + PLACE + file + " is not on the class path; give recordings with --corpus");
    }
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      String line = lines.readLine();
      while (line != null) {
        int gloss = line.indexOf('|'); // there is none in the licence
        Matcher examples = EXAMPLE.matcher(gloss < 0 ? "" : line.substring(gloss));
        while (examples.find()) {
          String sentence = tidy(examples.group(1));
          if (isSpeakable(sentence)) {
            found.add(sentence);
          }
        }
        line = lines.readLine();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With one blank between words, a capital first, and a stop in the end. */
  private static String tidy(String example) {
    String text =
        example
            .replace("`", "'")
            .replace("--", ", ")
            .replaceAll("\\s+", " ")
            .replaceAll(" ([,.;:!?])", "$1")
            .replaceAll("^[ ,;:-]+|[ ,;:-]+$", "");
    if (text.isEmpty()) {
      return text;
    }
    String stopped = ".!?".indexOf(text.charAt(text.length() - 1)) >= 0 ? text : text + ".";
    return stopped.substring(0, 1).toUpperCase(Locale.ROOT) + stopped.substring(1);
  }

  private static boolean isSpeakable(String sentence) {
    int count = words(sentence).size();
    return SPEAKABLE.matcher(sentence).matches()
        && !UNSPEAKABLE.matcher(sentence).find()
        && count >= FEWEST_WORDS
        && count <= MOST_WORDS
        && sentence.length() <= MOST_CHARACTERS;
  }

  private static List<String> words(String sentence) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(sentence.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }

  /** The place of each word among all, the most frequent one's being 0. */
  private static Map<String, Integer> ranks(Collection<String> sentences) {
    Map<String, Integer> counts = new HashMap<>();
    for (String sentence : sentences) {
      words(sentence).forEach(word -> counts.merge(word, 1, Integer::sum));
    }
    List<String> order = new ArrayList<>(counts.keySet());
    order.sort(
        Comparator.<String, Integer>comparing(counts::get)
            .reversed()
            .thenComparing(Comparator.naturalOrder()));
    Map<String, Integer> ranks = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      ranks.put(order.get(i), i);
    }
    return ranks;
  }
}

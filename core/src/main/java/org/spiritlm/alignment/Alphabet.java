package org.spiritlm.alignment;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * The labels of a CTC model as letters: {@code vocab.json} and what {@code tokenizer_config.json}
 * says of it, in the form of Hugging Face's {@code Wav2Vec2CTCTokenizer}.
 *
 * <p>A character of a transcript is the label of that name, or of its lower or upper case form, or
 * of its letters without accents and ligatures, whichever there is first. What no label writes but
 * is said all the same (a letter of another script, a digit, a currency) becomes a wildcard, one
 * for each stretch of a word; what is not said (punctuation) is left out. The model's label for
 * unknown characters is not used: a model hardly ever gives it a probability.
 */
final class Alphabet {
  private static final String VOCABULARY = "vocab.json";
  private static final String TOKENIZER = "tokenizer_config.json";

  /** The blank of models that keep the padding label apart. */
  private static final String BLANK = "<blank>";

  private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");

  /** Signs that are read as words, besides currencies. */
  private static final String SPOKEN_SIGNS = "&%‰@#+=°";

  private static final String APOSTROPHES = "’‘ʼ＇´`";

  private final Map<Integer, Integer> letters; // by code point
  private final int size;
  private final int blank;
  private final @Nullable Integer delimiter;
  private final int[] spoken;

  private Alphabet(Map<String, Integer> tokens, Set<String> special, Special names, int size) {
    this.size = size;
    this.blank = names.blank;
    this.delimiter = tokens.get(names.delimiter);
    this.letters = new LinkedHashMap<>();
    Set<Integer> silent = new HashSet<>(List.of(blank));
    special.forEach(token -> silent.add(tokens.getOrDefault(token, blank)));
    tokens.forEach(
        (token, label) -> {
          String composed = Normalizer.normalize(token, Form.NFC);
          if (!silent.contains(label) && composed.codePointCount(0, composed.length()) == 1) {
            letters.putIfAbsent(composed.codePointAt(0), label);
          }
        });
    this.spoken = IntStream.range(0, size).filter(label -> !silent.contains(label)).toArray();
  }

  private record Special(int blank, String delimiter) {}

  /**
   * Reads the labels of a model's directory.
   *
   * @throws CheckpointException if the files are missing or contradict each other or the model
   */
  static Alphabet read(Path directory, CtcConfig config) {
    Path file = directory.resolve(VOCABULARY);
    ConfigFile vocabulary = ConfigFile.read(file);
    ConfigFile tokenizer =
        Files.exists(directory.resolve(TOKENIZER))
            ? ConfigFile.read(directory.resolve(TOKENIZER))
            : ConfigFile.of(TOKENIZER, Map.of());
    Map<String, Integer> tokens = tokens(vocabulary, config.labels());
    Path added = directory.resolve("added_tokens.json");
    if (Files.exists(added)) { // those beyond the model's labels are the tokenizer's alone
      ConfigFile more = ConfigFile.read(added);
      more.node().fieldNames().forEachRemaining(name -> add(tokens, more, name, config.labels()));
    }
    if (tokens.size() != config.labels()) {
      throw new CheckpointException(
          file
              + ": names "
              + tokens.size()
              + " labels, but the model has "
              + config.labels()
              + " ('vocab_size' in config.json); the files are of different models");
    }
    String delimiter = token(tokenizer, "word_delimiter_token", "|");
    Set<String> special = new LinkedHashSet<>(List.of(BLANK, delimiter));
    special.add(token(tokenizer, "pad_token", "<pad>"));
    special.add(token(tokenizer, "unk_token", "<unk>"));
    special.add(token(tokenizer, "bos_token", "<s>"));
    special.add(token(tokenizer, "eos_token", "</s>"));
    int blank = tokens.getOrDefault(BLANK, config.padding());
    Alphabet alphabet =
        new Alphabet(tokens, special, new Special(blank, delimiter), config.labels());
    if (alphabet.letters.isEmpty()) {
      throw new CheckpointException(
          file + ": has no label of one letter; expected a model of characters");
    }
    return alphabet;
  }

  private static Map<String, Integer> tokens(ConfigFile vocabulary, int labels) {
    Map<String, Integer> tokens = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : vocabulary.node().properties()) {
      if (entry.getValue().isObject()) {
        throw new CheckpointException(
            vocabulary.origin()
                + ": holds a vocabulary for each of several languages ('"
                + entry.getKey()
                + "'), expected one; save the tokenizer of one language");
      }
      int label = vocabulary.integer(entry.getKey());
      if (label < 0 || label >= labels) {
        throw vocabulary.wrong(
            entry.getKey(),
            "one of the model's "
                + labels
                + " labels, from 0 on ('vocab_size' in config.json); the files are of different"
                + " models");
      }
      if (tokens.containsValue(label)) {
        throw vocabulary.wrong(entry.getKey(), "a label of its own");
      }
      tokens.put(entry.getKey(), label);
    }
    return tokens;
  }

  private static void add(Map<String, Integer> tokens, ConfigFile added, String name, int labels) {
    int label = added.integer(name);
    if (label >= 0 && label < labels && !tokens.containsValue(label)) {
      tokens.putIfAbsent(name, label);
    }
  }

  /** A token of the tokenizer's configuration, a string or an object with its content. */
  private static String token(ConfigFile tokenizer, String key, String fallback) {
    return tokenizer.node(key).isObject()
        ? tokenizer.below(key).text("content")
        : tokenizer.text(key, fallback);
  }

  /** The label of frames in which nothing new is said. */
  int blank() {
    return blank;
  }

  /** The label, beside the model's own, that stands for anything said. */
  int wildcard() {
    return size;
  }

  /** The labels of what is said: all but the blank, the delimiter and other signs. */
  int[] spoken() {
    return spoken.clone();
  }

  /** The labels of a text, whose words are those between white space. */
  Transcript labels(String text) {
    List<Transcript.Word> words = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (String word : SPACES.split(text, -1)) {
      if (word.isEmpty()) {
        continue; // before the first word, or after the last
      }
      List<Integer> said = word(word);
      if (!said.isEmpty() && !labels.isEmpty() && delimiter != null) {
        labels.add(delimiter);
      }
      words.add(new Transcript.Word(word, labels.size(), labels.size() + said.size()));
      labels.addAll(said);
    }
    return new Transcript(words, labels.stream().mapToInt(i -> i).toArray(), wildcard());
  }

  private List<Integer> word(String word) {
    List<Integer> labels = new ArrayList<>();
    String composed = Normalizer.normalize(word, Form.NFC);
    for (int at = 0; at < composed.length(); at += Character.charCount(composed.codePointAt(at))) {
      int character = composed.codePointAt(at);
      List<Integer> found = character(character);
      if (found != null) {
        labels.addAll(found);
      } else if (isSaid(character)
          && (labels.isEmpty() || labels.get(labels.size() - 1) != wildcard())) {
        labels.add(wildcard());
      }
    }
    return labels;
  }

  /** The labels of a character, or null where the model has none. */
  private @Nullable List<Integer> character(int character) {
    String text = APOSTROPHES.indexOf(character) < 0 ? Character.toString(character) : "'";
    String decomposed = Normalizer.normalize(text, Form.NFKD);
    List<String> forms =
        List.of(
            text,
            Normalizer.normalize(text, Form.NFKC),
            Normalizer.normalize(text, Form.NFD),
            MARKS.matcher(decomposed).replaceAll(""));
    for (String form : forms) {
      String upper = form.toUpperCase(Locale.ROOT);
      for (String cased :
          List.of(form, form.toLowerCase(Locale.ROOT), upper, upper.toLowerCase(Locale.ROOT))) {
        List<Integer> labels = known(cased);
        if (labels != null) {
          return labels;
        }
      }
    }
    return null;
  }

  private @Nullable List<Integer> known(String text) {
    List<Integer> labels = new ArrayList<>();
    for (int character : text.codePoints().toArray()) {
      Integer label = letters.get(character);
      if (label == null) {
        return null;
      }
      labels.add(label);
    }
    return labels.isEmpty() ? null : labels;
  }

  private static boolean isSaid(int character) {
    if (APOSTROPHES.indexOf(character) >= 0) {
      return false; // of which Unicode counts one among the letters
    }
    return Character.isLetterOrDigit(character)
        || Character.getType(character) == Character.CURRENCY_SYMBOL
        || Character.getType(character) == Character.OTHER_NUMBER
        || SPOKEN_SIGNS.indexOf(character) >= 0;
  }
}

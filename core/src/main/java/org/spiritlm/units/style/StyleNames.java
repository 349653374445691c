package org.spiritlm.units.style;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.InputException;

/**
 * What style tokens are called: the styles of speaking that they stand for. Several tokens may
 * share a name, of which one is the best example; tokens may also have none, as in the released
 * models.
 *
 * <p>In {@code style/config.json} they are Hugging Face's {@code id2label}, where {@code LABEL_7}
 * is no name, and {@code label2id}, which has the best example of each name.
 *
 * @param count how many tokens there are
 * @param tokens the tokens of each name, the best example first
 */
public record StyleNames(int count, SortedMap<String, List<Integer>> tokens) {
  private static final String NAMES = "id2label";
  private static final String EXAMPLES = "label2id";
  private static final Pattern NO_NAME = Pattern.compile("LABEL_\\d+");

  public StyleNames {
    SortedMap<String, List<Integer>> copied = new TreeMap<>();
    tokens.forEach((name, all) -> copied.put(name, List.copyOf(all)));
    tokens = Collections.unmodifiableSortedMap(copied);
  }

  /** Tokens without names. */
  public static StyleNames unnamed(int count) {
    return new StyleNames(count, new TreeMap<>());
  }

  /** A token for each name, in their order. */
  public static StyleNames of(List<String> names) {
    SortedMap<String, List<Integer>> tokens = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      tokens.computeIfAbsent(names.get(i), name -> new ArrayList<>()).add(i);
    }
    return new StyleNames(names.size(), tokens);
  }

  /**
   * Reads what a configuration calls its classes.
   *
   * @param standard how many there are where it does not say
   * @throws org.spiritlm.torch.CheckpointException if it is not an object with one entry for each
   */
  static StyleNames read(ConfigFile file, int standard) {
    if (!file.has(NAMES)) {
      return unnamed(file.positive("num_labels", standard));
    }
    JsonNode labels = file.node(NAMES);
    if (labels.size() < 1) {
      throw file.wrong(NAMES, "an object with one entry for each class");
    }
    SortedMap<String, List<Integer>> tokens = new TreeMap<>();
    for (int i = 0; i < labels.size(); i++) {
      JsonNode label = labels.path(Integer.toString(i));
      if (label.isTextual() && !NO_NAME.matcher(label.textValue()).matches()) {
        tokens.computeIfAbsent(label.textValue(), name -> new ArrayList<>()).add(i);
      }
    }
    JsonNode examples = file.node(EXAMPLES);
    tokens.forEach(
        (name, all) -> {
          Integer example = examples.path(name).asInt(all.get(0));
          if (all.remove(example)) {
            all.add(0, example);
          }
        });
    return new StyleNames(labels.size(), tokens);
  }

  /** Writes the names into a configuration. */
  public void write(ObjectNode json) {
    String[] labels = new String[count];
    ObjectNode names = json.putObject(NAMES);
    ObjectNode examples = json.putObject(EXAMPLES);
    tokens.forEach((name, all) -> all.forEach(token -> labels[token] = name));
    for (int i = 0; i < count; i++) {
      String label = labels[i] == null ? "LABEL_" + i : labels[i];
      names.put(Integer.toString(i), label);
      examples.put(label, labels[i] == null ? i : tokens.get(label).get(0));
    }
  }

  /** The names, sorted. */
  public List<String> names() {
    return List.copyOf(tokens.keySet());
  }

  /**
   * The token that says a style: its best example.
   *
   * @param style a name, or the number of a token
   * @throws InputException if there is none
   */
  public int token(String style) {
    List<Integer> named = tokens.get(style);
    if (named != null) {
      return named.get(0);
    }
    if (style.matches("\\d{1,9}") && Integer.parseInt(style) < count) {
      return Integer.parseInt(style);
    }
    throw new InputException(
        "Unknown style '"
            + style
            + "': expected "
            + (tokens.isEmpty() ? "" : "a name of " + String.join(", ", tokens.keySet()) + ", or ")
            + "the number of a style token from 0 to "
            + (count - 1)
            + (tokens.isEmpty() ? "; those of this model have no names" : ""));
  }

  /**
   * Names tokens by how often each was heard in each style: by its commonest one, where that is at
   * least half of all. The best example of a style is the token that is heard often in it and
   * seldom in others: the count in it, squared, by that in all.
   *
   * @param counts of each token in recordings of each style, as long as there are tokens
   */
  public static StyleNames counted(Map<String, long[]> counts) {
    int count = counts.values().stream().mapToInt(of -> of.length).max().orElse(0);
    long[] all = new long[count];
    counts.values().forEach(of -> IntStream.range(0, count).forEach(i -> all[i] += of[i]));
    SortedMap<String, List<Integer>> tokens = new TreeMap<>();
    counts.forEach(
        (name, of) -> {
          List<Integer> named =
              IntStream.range(0, count)
                  .filter(i -> of[i] > 0 && isCommonest(name, i, counts) && 2 * of[i] >= all[i])
                  .boxed()
                  .sorted(
                      (a, b) ->
                          Double.compare(
                              (double) of[b] * of[b] / all[b], (double) of[a] * of[a] / all[a]))
                  .toList();
          if (!named.isEmpty()) {
            tokens.put(name, named);
          }
        });
    return new StyleNames(count, tokens);
  }

  /** Whether no style has a token more often, nor one that comes before this as often. */
  private static boolean isCommonest(String name, int token, Map<String, long[]> counts) {
    long own = counts.get(name)[token];
    return counts.entrySet().stream()
        .allMatch(
            other ->
                other.getValue()[token] < own
                    || (other.getValue()[token] == own && other.getKey().compareTo(name) >= 0));
  }
}

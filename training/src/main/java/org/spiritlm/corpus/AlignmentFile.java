package org.spiritlm.corpus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.json.Json;
import org.spiritlm.json.JsonLine;
import org.spiritlm.torch.InputException;

/**
 * The alignment of one utterance in a file of its own.
 *
 * <p>JSON: a list under {@code words}, or in each of the {@code segments} one, of objects with the
 * word under {@code w}, {@code word} or {@code text} and its times under {@code start} and {@code
 * end} (an object without times, which aligners write for words that they did not find, is an
 * error); or the Montreal Forced Aligner's {@code tiers.words.entries}, of lists {@code [start,
 * end, word]}.
 */
final class AlignmentFile {
  /** The endings of such files. */
  static final List<String> ENDINGS = List.of(".TextGrid", ".textgrid", ".json", ".ctm");

  private AlignmentFile() {}

  static boolean isKnown(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(".textgrid") || name.endsWith(".json");
  }

  /**
   * The words of a file.
   *
   * @throws InputException if it is wrong
   */
  static List<AlignedWord> words(Path file) {
    String name = AudioFiles.name(file).toLowerCase(Locale.ROOT);
    if (name.endsWith(".textgrid")) {
      return TextGrid.words(file);
    }
    if (name.endsWith(".ctm")) {
      return CtmLine.words(file);
    }
    return words(new JsonLine(file.toString(), Json.file(file)));
  }

  /**
   * The words of an object.
   *
   * @throws InputException if there are none, or one is wrong
   */
  static List<AlignedWord> words(JsonLine line) {
    ObjectNode object = line.object();
    JsonNode entries = object.path("tiers").path("words").path("entries");
    List<AlignedWord> words = new ArrayList<>();
    if (entries.isArray()) {
      entries.forEach(entry -> addEntry(line, entry, words));
    } else if (object.path("words").isArray()) {
      object.get("words").forEach(word -> add(line, word, words));
    } else if (object.path("segments").isArray()) {
      for (JsonNode segment : object.get("segments")) {
        segment.path("words").forEach(word -> add(line, word, words));
      }
    } else {
      throw new InputException(
          line.where() + ": expected a list under \"words\", \"segments\" or \"tiers\"");
    }
    return words;
  }

  private static void addEntry(JsonLine line, JsonNode entry, List<AlignedWord> words) {
    if (!entry.isArray() || entry.size() < 3) {
      throw new InputException(line.where() + ": expected entries [start, end, word]");
    }
    double start = entry.get(0).asDouble(Double.NaN);
    double end = entry.get(1).asDouble(Double.NaN);
    put(line, entry.get(2).asText(), start, end, words);
  }

  private static void add(JsonLine line, JsonNode node, List<AlignedWord> words) {
    if (!(node instanceof ObjectNode object)) {
      throw new InputException(line.where() + ": expected an object for each word");
    }
    JsonLine word = new JsonLine(line.where() + ", a word", object);
    @Nullable String said = word.optionalText("w");
    said = said == null ? word.optionalText("word") : said;
    said = said == null ? word.text("text") : said;
    put(line, said, word.number("start"), word.number("end"), words);
  }

  private static void put(
      JsonLine line, String word, double start, double end, List<AlignedWord> words) {
    if (!Double.isFinite(start) || !Double.isFinite(end)) {
      throw new InputException(line.where() + ": the word '" + word + "' has no times");
    }
    if (!TextGrid.isSilence(word.strip())) {
      words.add(new AlignedWord(word.strip(), start, end));
    }
  }
}

package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/**
 * The labels of a CTC model of characters: the lower-case letters and digits of a corpus and the
 * apostrophe, with {@code |} between words, as Hugging Face's {@code Wav2Vec2CTCTokenizer} has
 * them. Punctuation is not said and has none.
 */
final class Characters {
  /** The label of frames in which nothing new is said. */
  static final int BLANK = 0;

  static final String BLANK_NAME = "<pad>";
  static final String DELIMITER_NAME = "|";
  static final String UNKNOWN_NAME = "<unk>";

  private static final int DELIMITER = 1;
  private static final String APOSTROPHES = "’‘ʼ＇´`";

  private final List<String> names = new ArrayList<>();
  private final Map<Integer, Integer> labels = new HashMap<>(); // by code point

  /**
   * Those of transcripts.
   *
   * @throws InputException if there is no letter in any
   */
  static Characters of(Iterable<String> transcripts) {
    TreeSet<Integer> found = new TreeSet<>();
    for (String transcript : transcripts) {
      normalised(transcript).codePoints().filter(Characters::isSaid).forEach(found::add);
    }
    if (found.stream().noneMatch(Character::isLetter)) {
      throw new InputException("the transcripts have no letter to learn");
    }
    return new Characters(found);
  }

  private Characters(Iterable<Integer> characters) {
    names.addAll(List.of(BLANK_NAME, DELIMITER_NAME, UNKNOWN_NAME));
    for (int character : characters) {
      labels.put(character, names.size());
      names.add(Character.toString(character));
    }
  }

  /** How many labels. */
  int size() {
    return names.size();
  }

  /** The labels of a transcript; characters that have none are left out. */
  int[] labels(String transcript) {
    int[] found = new int[transcript.length() * 3]; // normalised texts may be longer
    int count = 0;
    boolean between = false;
    for (int character : normalised(transcript).codePoints().toArray()) {
      Integer label = labels.get(character);
      if (label != null) {
        if (between && count > 0) {
          found = room(found, count);
          found[count++] = DELIMITER;
        }
        between = false;
        found = room(found, count);
        found[count++] = label;
      } else if (Character.isWhitespace(character)) {
        between = true;
      }
    }
    return Arrays.copyOf(found, count);
  }

  private static int[] room(int[] array, int count) {
    return count < array.length ? array : Arrays.copyOf(array, 2 * count + 1);
  }

  /** What labels say. */
  String text(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(id == DELIMITER ? " " : names.get(id));
    }
    return text.toString();
  }

  /** The {@code vocab.json} of these. */
  ObjectNode vocabulary() {
    ObjectNode json = Json.object();
    for (int label = 0; label < names.size(); label++) {
      json.put(names.get(label), label);
    }
    return json;
  }

  private static String normalised(String transcript) {
    StringBuilder text = new StringBuilder();
    String composed = Normalizer.normalize(transcript, Normalizer.Form.NFC);
    for (int character : composed.toLowerCase(Locale.ROOT).codePoints().toArray()) {
      text.appendCodePoint(APOSTROPHES.indexOf(character) < 0 ? character : '\'');
    }
    return text.toString();
  }

  private static boolean isSaid(int character) {
    return Character.isLetterOrDigit(character) || character == '\'';
  }
}

package org.spiritlm.interleaving;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.InputException;

/**
 * The ids of single words, from which those of any span are put together: a word right after {@code
 * [Text]} has other ids than the same word after a blank.
 *
 * <p>That is the tokenization of the whole span where no piece of the vocabulary crosses a blank,
 * as in Llama's; {@link #agrees} says whether it is. Words that were seen are remembered, the last
 * 100,000. Not thread-safe.
 */
public final class WordTokenizer {
  private static final int REMEMBERED = 100_000;

  /** The token before every text. */
  private static final String MARKER = "[Text]";

  /** A text that a word is put behind, to see its ids after a blank. */
  private static final String BEFORE = MARKER + "a";

  private final TextTokenizer tokenizer;
  private final int[] marker;
  private final int[] before;
  private final Map<String, Ids> words = new Remembered();

  /**
   * The ids of a word.
   *
   * @param first right after {@code [Text]}
   * @param later after a blank and another word
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody changes them
  public record Ids(int[] first, int[] later) {}

  private static final class Remembered extends LinkedHashMap<String, Ids> {
    private static final long serialVersionUID = 1;

    Remembered() {
      super(1024, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Ids> eldest) {
      return size() > REMEMBERED;
    }
  }

  /** Words as this tokenizer reads them. */
  public WordTokenizer(TextTokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.marker = tokenizer.encode(MARKER, false);
    this.before = tokenizer.encode(BEFORE, false);
  }

  /**
   * The ids of a word.
   *
   * @throws InputException if the tokenizer reads what stands before it otherwise because of it
   */
  public Ids ids(String word) {
    Ids known = words.get(word);
    if (known == null) {
      known =
          new Ids(
              rest(tokenizer.encode(MARKER + word, false), marker, word),
              rest(tokenizer.encode(BEFORE + " " + word, false), before, word));
      words.put(word, known);
    }
    return known;
  }

  /** The ids of a text right after {@code [Text]}. */
  public int[] text(String text) {
    return rest(tokenizer.encode(MARKER + text, false), marker, text);
  }

  /** Whether the words' own ids are those of the whole text. */
  public boolean agrees(List<String> text) {
    IdBuffer together = new IdBuffer();
    of(text).write(0, text.size(), together);
    return Arrays.equals(together.toArray(), text(String.join(" ", text)));
  }

  /** The ids of these words. */
  public WordIds of(List<String> text) {
    return (first, end, out) -> {
      for (int word = first; word < end; word++) {
        Ids ids = ids(text.get(word));
        out.add(word == first ? ids.first() : ids.later());
      }
    };
  }

  private static int[] rest(int[] ids, int[] beginning, String text) {
    if (ids.length < beginning.length
        || !Arrays.equals(ids, 0, beginning.length, beginning, 0, beginning.length)) {
      throw new InputException(
          "the tokenizer reads '"
              + (text.length() > 40 ? text.substring(0, 40) + "…" : text)
              + "' together with what stands before it");
    }
    return Arrays.copyOfRange(ids, beginning.length, ids.length);
  }
}

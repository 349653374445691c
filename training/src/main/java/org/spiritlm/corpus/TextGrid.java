package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/** Praat's TextGrid files: the long and the short text form, and the binary one. */
final class TextGrid {
  /** A longer file is no alignment of an utterance (bytes). */
  private static final int LONGEST_FILE = 1 << 26;

  /** What aligners write where nobody speaks. */
  private static final Set<String> SILENCE =
      Set.of("", "sil", "sp", "spn", "silence", "<sil>", "<eps>", "<p:>", "<p>", "#", "_");

  private final Fields fields;

  /** What such a file holds, field by field, in the order that all forms share. */
  interface Fields {
    /** The class of the object that follows, such as {@code IntervalTier}. */
    String kind();

    /** A text. */
    String string();

    /** A time (seconds). */
    double number();

    /** How many objects follow; not more than the file has bytes. */
    int count();

    /** Passes over what says that there are tiers. */
    void exists();

    /** An error at the place of the last field. */
    InputException wrong(String what);
  }

  private TextGrid(Fields fields) {
    this.fields = fields;
  }

  /**
   * The words of the tier named {@code words} (or {@code word}, or {@code SPEAKER - words}), or of
   * the only tier of intervals; those of silence are left out.
   *
   * @throws InputException if it is no TextGrid, or has no such tier
   */
  static List<AlignedWord> words(Path file) {
    try {
      if (Files.size(file) > LONGEST_FILE) {
        throw new InputException(file + ": longer than " + LONGEST_FILE + " bytes");
      }
      byte[] bytes = Files.readAllBytes(file);
      return new TextGrid(
              TextGridBytes.isThis(bytes)
                  ? new TextGridBytes(file.toString(), bytes)
                  : new TextGridText(file.toString(), bytes))
          .words();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private List<AlignedWord> words() {
    if (!fields.kind().equals("TextGrid")) {
      throw fields.wrong("expected a TextGrid, and this is another object of Praat's");
    }
    fields.number();
    fields.number(); // the times of the whole
    fields.exists();
    int tiers = fields.count();
    @Nullable List<AlignedWord> chosen = null;
    boolean named = false;
    int intervals = 0;
    for (int i = 0; i < tiers; i++) {
      String kind = fields.kind();
      String tier = fields.string().toLowerCase(Locale.ROOT).strip();
      fields.number();
      fields.number();
      if (!kind.equals("IntervalTier")) {
        skipPoints();
        continue;
      }
      List<AlignedWord> words = intervals();
      boolean ofWords = tier.endsWith("words") || tier.endsWith("word");
      if (ofWords && named) {
        throw fields.wrong("has two tiers of words; leave one of them");
      }
      intervals++;
      named |= ofWords;
      chosen = ofWords || (chosen == null && !named) ? words : chosen;
    }
    if (chosen == null || (!named && intervals > 1)) {
      throw fields.wrong("expected a tier named words, or a single tier of intervals");
    }
    return chosen;
  }

  private List<AlignedWord> intervals() {
    List<AlignedWord> words = new ArrayList<>();
    int count = fields.count();
    for (int i = 0; i < count; i++) {
      double start = fields.number();
      double end = fields.number();
      String word = fields.string().strip();
      if (!isSilence(word)) {
        words.add(new AlignedWord(word, start, end));
      }
    }
    return words;
  }

  /** Whether this stands for no word. */
  static boolean isSilence(String word) {
    return SILENCE.contains(word.toLowerCase(Locale.ROOT));
  }

  private void skipPoints() {
    int count = fields.count();
    for (int i = 0; i < count; i++) {
      fields.number();
      fields.string();
    }
  }
}

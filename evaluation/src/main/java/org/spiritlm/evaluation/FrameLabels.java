package org.spiritlm.evaluation;

import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.corpus.Alignments;
import org.spiritlm.corpus.Utterance;

/**
 * What is said at each moment: phones where their times are known, else the letters of words, each
 * as long as the others of its word.
 *
 * @param kind {@code phones} or {@code letters}
 * @param byId in the order of time, by the utterance's id; only utterances of which it is known
 */
record FrameLabels(String kind, Map<String, List<AlignedWord>> byId) {
  /**
   * The labels of some utterances.
   *
   * @param phones a file or directory of phone times, or null
   * @throws org.spiritlm.torch.InputException if it cannot be read
   */
  static FrameLabels of(List<Item> items, @Nullable Path phones) {
    Map<String, List<AlignedWord>> labels = new HashMap<>();
    if (phones == null) {
      for (Item item : items) {
        if (!item.utterance().words().isEmpty()) {
          labels.put(item.id(), letters(item.utterance().words()));
        }
      }
      return new FrameLabels("letters", labels);
    }
    try (Alignments alignments = Alignments.open(phones)) {
      for (Item item : items) {
        Utterance utterance = item.utterance();
        List<AlignedWord> found = alignments.find(utterance);
        if (found != null) {
          labels.put(item.id(), found);
        }
      }
    }
    return new FrameLabels("phones", labels);
  }

  /** The letters and digits of words in small letters, with their times. */
  static List<AlignedWord> letters(List<AlignedWord> words) {
    List<AlignedWord> letters = new ArrayList<>();
    for (AlignedWord word : words) {
      int[] said =
          Normalizer.normalize(word.word(), Normalizer.Form.NFC)
              .toLowerCase(Locale.ROOT)
              .codePoints()
              .filter(Character::isLetterOrDigit)
              .toArray();
      double each = (word.end() - word.start()) / said.length;
      for (int i = 0; i < said.length; i++) {
        letters.add(
            new AlignedWord(
                Character.toString(said[i]),
                word.start() + i * each,
                word.start() + (i + 1) * each));
      }
    }
    return letters;
  }
}

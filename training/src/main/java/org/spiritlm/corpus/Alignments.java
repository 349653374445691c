package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * Word times that lie apart from the corpus: a directory of TextGrid, CTM or JSON files named by
 * utterance, or one CTM or JSONL file for all.
 */
public interface Alignments extends AutoCloseable {
  /**
   * The words of an utterance as the alignment has them, with times from the beginning of the audio
   * file, without silences; null if there is no alignment of it.
   *
   * @throws InputException if there is one, and it is wrong
   */
  @Nullable List<AlignedWord> find(Utterance utterance);

  @Override
  void close();

  /**
   * Opens what lies here.
   *
   * @throws InputException if it is missing or of no known form
   */
  static Alignments open(Path place) {
    if (Files.isDirectory(place)) {
      return new AlignmentDirectory(place);
    }
    if (!Files.exists(place)) {
      throw new InputException(place + " does not exist");
    }
    String name = AudioFiles.name(place).toLowerCase(Locale.ROOT);
    if (name.endsWith(".ctm") || name.endsWith(".jsonl")) {
      return new AlignmentTable(place);
    }
    if (AlignmentFile.isKnown(name)) {
      String id = AudioFiles.stem(place);
      return new Alignments() {
        @Override
        public @Nullable List<AlignedWord> find(Utterance utterance) {
          return utterance.id().equals(id) ? AlignmentFile.words(place) : null;
        }

        @Override
        public void close() {}
      };
    }
    throw new InputException(
        place
            + ": expected alignments: a directory, .ctm, .jsonl, or .TextGrid or .json of one"
            + " utterance");
  }
}

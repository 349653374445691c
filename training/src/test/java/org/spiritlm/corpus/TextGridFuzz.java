package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/** Jazzer's entry: whatever bytes a TextGrid has, its words are read or it is refused. */
public final class TextGridFuzz {
  private TextGridFuzz() {}

  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("fuzz", ".TextGrid");
    try {
      Files.write(file, bytes);
      List<AlignedWord> words = TextGrid.words(file);
      for (AlignedWord word : words) {
        if (word.word().isBlank() || !Double.isFinite(word.start() + word.end())) {
          throw new IllegalStateException(word.toString());
        }
      }
    } catch (InputException e) {
      if (!String.valueOf(e.getMessage()).contains(file.toString())) {
        throw e;
      }
    } finally {
      Files.delete(file);
    }
  }
}

package org.spiritlm.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Jazzer's entry: whatever bytes an archive has, its items lie inside it or are refused, and
 * reading ends.
 */
public final class TarFuzz {
  private TarFuzz() {}

  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("fuzz", ".tar");
    try {
      Files.write(file, bytes);
      for (Utterance utterance : Collected.of(new WebDatasetCorpus(true), file).utterances) {
        AudioLocation.Bytes place = utterance.audio().bytes();
        if (place == null
            || place.offset() < 0
            || place.length() < 0
            || place.length() > bytes.length - place.offset()) {
          throw new IllegalStateException(utterance.toString());
        }
      }
    } finally {
      Files.delete(file);
    }
  }
}

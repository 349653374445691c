package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.List;
import org.spiritlm.torch.InputException;

/** Reads the texts of a Parquet file, a document a row, from its column {@code text}. */
final class ParquetTexts {
  private static final String COLUMN = "text";

  private ParquetTexts() {}

  /**
   * Reads all rows, in bounded memory; one whose text is null or blank is rejected.
   *
   * @throws InputException if the file is damaged or has no such column
   */
  static void read(Path file, TextListener listener) {
    try (ParquetRows rows = ParquetRows.open(file, List.of(COLUMN))) {
      if (rows.columns().isEmpty()) {
        throw new InputException(file + ": has no column '" + COLUMN + "'");
      }
      for (long number = 1; rows.hasNext(); number++) {
        String id = AudioFiles.name(file) + ":" + number;
        Object value = rows.next().getOrDefault(COLUMN, "");
        if (!(value instanceof String text)) {
          throw new InputException(file + ": the column '" + COLUMN + "' holds no texts");
        }
        if (text.isBlank()) {
          listener.reject(new Rejection(id, null, "the text is empty"));
        } else {
          listener.accept(new TextDocument(id, text));
        }
      }
    }
  }
}

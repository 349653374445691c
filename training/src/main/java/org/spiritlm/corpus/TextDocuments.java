package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import org.spiritlm.json.JsonLine;
import org.spiritlm.json.JsonLines;
import org.spiritlm.torch.InputException;

/**
 * Reads texts from files, one document after another.
 *
 * <p>{@code .txt}: documents are divided by blank lines, so that a book is a document a paragraph
 * and memory holds only one; the lines of a document stay lines. {@code .jsonl}: the document is
 * under the key {@code text}; other keys are passed over. {@code .parquet}: a document a row, in
 * the column {@code text}.
 */
public final class TextDocuments {
  /** A longer document is refused (characters): it is no text that is divided into documents. */
  private static final int LONGEST_DOCUMENT = 1 << 24;

  private TextDocuments() {}

  /**
   * Reads a file.
   *
   * @throws InputException if its name ends otherwise, or it is no Parquet file
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static void read(Path file, TextListener listener) {
    String name = AudioFiles.name(file).toLowerCase(Locale.ROOT);
    if (name.endsWith(".jsonl")) {
      objects(file, listener);
    } else if (name.endsWith(".txt")) {
      paragraphs(file, listener);
    } else if (name.endsWith(".parquet")) {
      ParquetTexts.read(file, listener);
    } else {
      throw new InputException(file + ": expected a text, .txt, .jsonl or .parquet");
    }
  }

  private static void objects(Path file, TextListener listener) {
    try (JsonLines lines = JsonLines.open(file)) {
      long number = 0;
      for (Iterator<JsonLine> each = lines.iterator(); each.hasNext(); ) {
        String id = AudioFiles.name(file) + ":" + ++number;
        try {
          String text = each.next().text("text");
          if (text.isBlank()) {
            throw new InputException("the text is empty");
          }
          listener.accept(new TextDocument(id, text));
        } catch (InputException e) {
          listener.reject(new Rejection(id, null, String.valueOf(e.getMessage())));
        }
      }
    }
  }

  private static void paragraphs(Path file, TextListener listener) {
    try (TextLines lines = TextLines.open(file)) {
      Paragraph paragraph = new Paragraph(AudioFiles.name(file), listener);
      while (true) {
        try {
          String line = lines.next();
          if (line == null) {
            break;
          }
          paragraph.add(line);
        } catch (InputException e) {
          paragraph.fail(String.valueOf(e.getMessage()));
        }
      }
      paragraph.end();
    }
  }

  /** The lines between two blank ones. */
  private static final class Paragraph {
    private final String name;
    private final TextListener listener;
    private final StringBuilder text = new StringBuilder();
    private String wrong = "";
    private long number;

    Paragraph(String name, TextListener listener) {
      this.name = name;
      this.listener = listener;
    }

    void add(String line) {
      if (line.isBlank()) {
        end();
      } else if (text.length() + line.length() > LONGEST_DOCUMENT) {
        fail("longer than " + LONGEST_DOCUMENT + " characters without a blank line");
      } else {
        text.append(text.isEmpty() ? "" : "\n").append(line.strip());
      }
    }

    void fail(String reason) {
      wrong = wrong.isEmpty() ? reason : wrong;
    }

    void end() {
      if (text.isEmpty() && wrong.isEmpty()) {
        return;
      }
      String id = name + ":" + ++number;
      if (wrong.isEmpty()) {
        listener.accept(new TextDocument(id, text.toString()));
      } else {
        listener.reject(new Rejection(id, null, wrong));
      }
      text.setLength(0);
      wrong = "";
    }
  }
}

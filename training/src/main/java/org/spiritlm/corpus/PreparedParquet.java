package org.spiritlm.corpus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Prepared utterances in Parquet files, one a row.
 *
 * <p>Columns: {@code id}, {@code speaker}, {@code style_label}, {@code split} (texts, null where
 * not known but for the id), {@code seconds} (double), {@code hubert}, {@code pitch}, {@code style}
 * (lists of int, pitch and style null for a BASE model), {@code words} (list of {@code struct<w:
 * string, start: int, end: int>}, frames), {@code text}, {@code text_ids} (list of int), {@code
 * model}, {@code code}. Other columns are passed over.
 */
public final class PreparedParquet {
  /** The columns, in the order in which they are written. */
  public static final List<String> COLUMNS =
      List.of(
          "id",
          "speaker",
          "style_label",
          "split",
          "seconds",
          "hubert",
          "pitch",
          "style",
          "words",
          "text",
          "text_ids",
          "model",
          "code");

  private static final List<String> REQUIRED = List.of("id", "seconds", "hubert");

  private PreparedParquet() {}

  /**
   * Reads a file, or all files of a directory in the order of their names; files whose names begin
   * with a dot or {@code _} are none. Memory holds one row group.
   *
   * @throws InputException if there is no file, or the first is damaged
   */
  public static Reader read(Path place) {
    List<Path> files = ParquetRows.files(place);
    if (files.isEmpty()) {
      throw new InputException(
          place + ": holds no .parquet file; expected what the command prepare wrote");
    }
    return new Reader(files);
  }

  /**
   * The items of files, one by one. An item that is wrong ends the reading with an {@link
   * InputException} that names its file and row. Not thread-safe.
   */
  public static final class Reader implements Iterator<PreparedUtterance>, AutoCloseable {
    private final Iterator<Path> files;
    private ParquetRows rows;

    private Reader(List<Path> files) {
      this.files = files.iterator();
      this.rows = open(this.files.next());
    }

    private static ParquetRows open(Path file) {
      ParquetRows rows = ParquetRows.open(file, COLUMNS);
      List<String> missing = new ArrayList<>(REQUIRED);
      missing.removeAll(rows.columns());
      if (!missing.isEmpty()) {
        rows.close();
        throw new InputException(
            file
                + ": has no column "
                + String.join(", ", missing)
                + "; expected the columns that the command prepare writes: "
                + String.join(", ", COLUMNS));
      }
      return rows;
    }

    @Override
    public boolean hasNext() {
      while (!rows.hasNext()) {
        if (!files.hasNext()) {
          return false;
        }
        rows.close();
        rows = open(files.next());
      }
      return true;
    }

    @Override
    public PreparedUtterance next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return new Row(rows.next(), rows.where()).utterance();
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  /** One row with its place. */
  private record Row(Map<String, Object> values, String where) {
    PreparedUtterance utterance() {
      String id = text("id");
      int[] hubert = list("hubert");
      if (id == null || hubert == null || !(values.get("seconds") instanceof Double seconds)) {
        throw new InputException(where + ": id, seconds or hubert is null");
      }
      SpeechUnits units = new SpeechUnits(units("hubert", hubert), units("pitch"), units("style"));
      String model = text("model");
      String code = text("code");
      return new PreparedUtterance(
          id,
          text("speaker"),
          text("style_label"),
          text("split"),
          seconds,
          units,
          words(hubert.length),
          text("text"),
          list("text_ids"),
          model == null ? "" : model,
          code == null ? "" : code);
    }

    private @Nullable String text(String column) {
      Object value = values.get(column);
      if (value == null || value instanceof String) {
        return (String) value;
      }
      throw wrong(column, "a text");
    }

    private int @Nullable [] list(String column) {
      Object value = values.get(column);
      if (value == null || value instanceof int[]) {
        return (int[]) value;
      }
      throw wrong(column, "a list of whole numbers");
    }

    private int @Nullable [] units(String column) {
      int[] units = list(column);
      return units == null ? null : units(column, units);
    }

    private int[] units(String column, int[] units) {
      for (int unit : units) {
        if (unit < 0) {
          throw new InputException(where + ", " + column + ": a unit of " + unit);
        }
      }
      return units;
    }

    private List<WordFrames> words(int frames) {
      Object value = values.get("words");
      if (value == null) {
        return List.of();
      }
      if (!(value instanceof List<?> list)) {
        throw wrong("words", "a list of words with their frames");
      }
      List<WordFrames> words = new ArrayList<>();
      int last = 0;
      for (Object item : list) {
        if (!(item instanceof Map<?, ?> word)
            || !(word.get("w") instanceof String text)
            || !(word.get("start") instanceof Long start)
            || !(word.get("end") instanceof Long end)) {
          throw wrong("words", "structs with w, start and end, none of them null");
        }
        if (start < last || end < start || end > frames) {
          throw new InputException(
              String.format(
                  "%s, words: '%s' in frames %d to %d of %d; expected words in order within the"
                      + " frames",
                  where, text, start, end, frames));
        }
        words.add(new WordFrames(text, (int) (long) start, (int) (long) end));
        last = (int) (long) start;
      }
      return words;
    }

    private InputException wrong(String column, String expected) {
      return new InputException(where + ", column " + column + ": expected " + expected);
    }
  }
}

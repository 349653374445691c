package org.spiritlm.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Common Voice, one language: {@code train.tsv}, {@code dev.tsv}, {@code test.tsv}, then what else
 * {@code validated.tsv} holds, with columns named in the first line ({@code client_id}, {@code
 * path}, {@code sentence}), and {@code clips/}. Given one table, that alone is read.
 */
final class CommonVoiceCorpus implements Corpus {
  static final List<String> TABLES = List.of("train", "dev", "test", "validated");
  static final String CLIPS = "clips";

  @Override
  public void read(Path source, CorpusListener listener) {
    if (!Files.isDirectory(source)) {
      table(source, new SeenNames(), listener);
      return;
    }
    SeenNames seen = new SeenNames();
    boolean any = false;
    for (String name : TABLES) {
      Path file = source.resolve(name + ".tsv");
      if (Files.isRegularFile(file)) {
        any = true;
        table(file, seen, listener);
      }
    }
    if (!any) {
      throw new InputException(
          source + ": expected one of " + String.join(".tsv, ", TABLES) + ".tsv");
    }
  }

  /** One table; {@code seen} holds the clips of the tables before. */
  private static void table(Path file, SeenNames seen, CorpusListener listener) {
    SeenNames own = new SeenNames();
    try (TextLines lines = TextLines.open(file)) {
      String header = lines.next();
      if (header == null) {
        throw new InputException(file + ": is empty, expected a table with a header");
      }
      Columns columns = Columns.of(header, file);
      while (true) {
        try {
          String line = lines.next();
          if (line == null) {
            return;
          }
          if (!line.isBlank()) {
            row(columns.row(line, lines.where()), file, lines.where(), seen, own, listener);
          }
        } catch (InputException e) {
          listener.reject(new Rejection(lines.where(), null, String.valueOf(e.getMessage())));
        }
      }
    }
  }

  private static void row(
      Row row, Path file, String where, SeenNames seen, SeenNames own, CorpusListener listener) {
    String clip = row.path().contains(".") ? row.path() : row.path() + ".mp3";
    Path audio = file.resolveSibling(CLIPS).resolve(clip);
    String id = AudioFiles.stem(audio);
    if (own.add(id) && !seen.add(id)) {
      return; // validated clips are mostly those of the splits
    }
    if (!Files.isRegularFile(audio)) {
      listener.reject(
          new Rejection(id, AudioFiles.location(audio), "there is no such recording, " + where));
      return;
    }
    listener.accept(
        new Utterance(
            id,
            AudioFiles.location(audio),
            null,
            null,
            row.sentence(),
            List.of(),
            row.speaker(),
            null,
            AudioFiles.stem(file)));
  }

  /** What is taken of a row. */
  private record Row(String path, String sentence, @Nullable String speaker) {}

  /**
   * Where the columns lie that are taken.
   *
   * @param speaker -1 where there is none
   */
  private record Columns(int path, int sentence, int speaker) {
    static Columns of(String header, Path file) {
      List<String> names = Arrays.asList(header.split("\t", -1));
      Columns columns =
          new Columns(names.indexOf("path"), names.indexOf("sentence"), names.indexOf("client_id"));
      if (columns.path < 0 || columns.sentence < 0) {
        throw new InputException(
            file + ": expected columns named path and sentence in the first line, found " + names);
      }
      return columns;
    }

    Row row(String line, String where) {
      String[] fields = line.split("\t", -1);
      if (fields.length <= Math.max(path, sentence) || fields[path].isBlank()) {
        throw new InputException(where + ": the row has too few columns: " + fields.length);
      }
      String client = speaker >= 0 && speaker < fields.length ? fields[speaker] : "";
      return new Row(
          fields[path].strip(),
          unquoted(fields[sentence].strip()),
          client.isBlank() ? null : client);
    }

    /** Some versions quote sentences that hold quotation marks, and double these. */
    private static String unquoted(String field) {
      int last = field.length() - 1;
      if (last < 1 || field.charAt(0) != '"' || field.charAt(last) != '"') {
        return field;
      }
      String inner = field.substring(1, last);
      return inner.replace("\"\"", "").contains("\"") ? field : inner.replace("\"\"", "\"");
    }
  }
}

package org.spiritlm.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * The rows of a Parquet file, one after another; memory holds the bytes of one row group.
 *
 * <p>See {@link ParquetValues} for what a row's values are.
 */
final class ParquetRows implements Iterator<Map<String, Object>>, AutoCloseable {
  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

  private final Path file;
  private final ParquetFileReader reader;
  private final MessageType schema;
  private @Nullable RecordReader<Map<String, Object>> group;
  private long left;
  private long number;

  private ParquetRows(Path file, ParquetFileReader reader, MessageType schema) {
    this.file = file;
    this.reader = reader;
    this.schema = schema;
  }

  /**
   * Opens a file to read some of its columns.
   *
   * @param columns names of columns; those that the file lacks are absent in its rows
   * @throws InputException if it is missing, damaged or no Parquet file
   */
  static ParquetRows open(Path file, List<String> columns) {
    checkMagic(file);
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .usePageChecksumVerification(true)
            .build();
    @Nullable ParquetFileReader reader = null;
    try {
      reader = ParquetFileReader.open(new LocalInputFile(file), options);
      MessageType all = reader.getFileMetaData().getSchema();
      List<Type> wanted =
          all.getFields().stream().filter(type -> columns.contains(type.getName())).toList();
      MessageType schema = new MessageType(all.getName(), wanted);
      new ParquetValues(schema); // refuses what cannot be read
      reader.setRequestedSchema(schema);
      return new ParquetRows(file, reader, schema);
    } catch (IOException | RuntimeException e) {
      close(reader);
      throw damaged(file, "", e);
    }
  }

  /** The Parquet files of a directory and those below it, in order, or the file itself. */
  static List<Path> files(Path place) {
    if (!Files.isDirectory(place)) {
      return List.of(place);
    }
    try (Stream<Path> all = Files.walk(place)) {
      return all.filter(path -> isData(place.relativize(path)) && Files.isRegularFile(path))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files and directories that begin with a dot or a line are no data, by custom. */
  private static boolean isData(Path path) {
    for (Path name : path) {
      if (name.toString().startsWith(".") || name.toString().startsWith("_")) {
        return false;
      }
    }
    return path.toString().endsWith(".parquet");
  }

  private static void checkMagic(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          file + (Files.exists(file) ? ": is no file" : ": no such file or directory"));
    }
    try (InputStream stream = Files.newInputStream(file)) {
      if (!Arrays.equals(stream.readNBytes(MAGIC.length), MAGIC)) {
        throw new InputException(file + ": no Parquet file (it does not begin with PAR1)");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the columns that were asked for and are there. */
  List<String> columns() {
    List<String> names = new ArrayList<>();
    schema.getFields().forEach(type -> names.add(type.getName()));
    return names;
  }

  /** Where the row that was read last stands, for messages. */
  String where() {
    return file + ", row " + number;
  }

  @Override
  public boolean hasNext() {
    while (left == 0) {
      try {
        PageReadStore pages = reader.readNextRowGroup();
        if (pages == null) {
          return false;
        }
        left = pages.getRowCount();
        group =
            new ColumnIOFactory()
                .getColumnIO(schema)
                .getRecordReader(pages, new ParquetValues(schema));
      } catch (IOException | RuntimeException e) {
        throw damaged(file, ", after row " + number, e);
      } catch (OutOfMemoryError e) {
        throw new InputException(
            file
                + ": the row group after row "
                + number
                + " does not fit into memory, or the file is damaged; write smaller row groups, or"
                + " give Java more memory (JAVA_OPTS=-Xmx…)",
            e);
      }
    }
    return true;
  }

  @Override
  public Map<String, Object> next() {
    RecordReader<Map<String, Object>> rows = group;
    if (!hasNext() || (rows = group) == null) {
      throw new NoSuchElementException();
    }
    left--;
    number++;
    try {
      return rows.read();
    } catch (RuntimeException e) {
      throw damaged(file, ", row " + number, e);
    }
  }

  private static InputException damaged(Path file, String place, Exception e) {
    @Nullable Throwable cause = e;
    for (int depth = 0; cause != null && depth < 20; depth++) {
      if (cause instanceof InputException told) {
        return new InputException(file + place + ": " + told.getMessage(), e);
      }
      cause = cause.getCause();
    }
    String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return new InputException(
        file
            + place
            + ": damaged, or written in a way that is not read: "
            + (reason.length() > 200 ? reason.substring(0, 200) + "…" : reason),
        e);
  }

  @Override
  public void close() {
    close(reader);
  }

  private static void close(@Nullable ParquetFileReader reader) {
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

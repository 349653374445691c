package org.spiritlm.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.PreparedParquet;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;

/** What a preparation has written. */
final class Tables {
  private Tables() {}

  /** The utterances of an output directory, in the order of the files. */
  static List<PreparedUtterance> units(Path output) {
    List<PreparedUtterance> rows = new ArrayList<>();
    try (PreparedParquet.Reader reader = PreparedParquet.read(output.resolve("units"))) {
      reader.forEachRemaining(rows::add);
    }
    return rows;
  }

  /** Everything that the utterances hold but the names of model and code, a text for each. */
  static List<String> content(Path output) {
    List<String> content = new ArrayList<>();
    for (PreparedUtterance row : units(output)) {
      content.add(
          String.join(
              " ",
              row.id(),
              row.speaker(),
              row.styleLabel(),
              row.split(),
              Double.toString(row.seconds()),
              Arrays.toString(row.units().hubert()),
              Arrays.toString(row.units().pitch()),
              Arrays.toString(row.units().style()),
              row.words().toString(),
              row.text(),
              Arrays.toString(row.textIds())));
    }
    return content;
  }

  /** A SHA-256 over {@link #content}. */
  static String contentHash(Path output) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String all = String.join("\n", content(output));
      return HexFormat.of().formatHex(digest.digest(all.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is in quarantine. */
  static List<Rejection> quarantine(Path output) {
    List<Rejection> rows = new ArrayList<>();
    for (Path file : files(output.resolve("quarantine"))) {
      try (ParquetReader<Group> reader =
          ParquetReader.builder(new GroupReadSupport(), new org.apache.hadoop.fs.Path(file.toUri()))
              .withConf(new Configuration())
              .build()) {
        for (@Nullable Group row = reader.read(); row != null; row = reader.read()) {
          @Nullable AudioLocation audio =
              row.getFieldRepetitionCount("audio") == 0
                  ? null
                  : AudioLocation.parse(row.getString("audio", 0));
          rows.add(new Rejection(row.getString("id", 0), audio, row.getString("reason", 0)));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return rows;
  }

  /** The files of a table, sorted. */
  static List<Path> files(Path table) {
    try (Stream<Path> files = Files.list(table)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

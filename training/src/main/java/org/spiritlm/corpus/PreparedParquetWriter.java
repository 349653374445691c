package org.spiritlm.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;

/** Writes prepared utterances to one Parquet file, see {@link PreparedParquet}. Not thread-safe. */
public final class PreparedParquetWriter implements AutoCloseable {
  /** The columns with their types. */
  public static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message utterance {
            required binary id (STRING);
            optional binary speaker (STRING);
            optional binary style_label (STRING);
            optional binary split (STRING);
            required double seconds;
            required group hubert (LIST) { repeated group list { required int32 element; } }
            optional group pitch (LIST) { repeated group list { required int32 element; } }
            optional group style (LIST) { repeated group list { required int32 element; } }
            required group words (LIST) {
              repeated group list {
                required group element {
                  required binary w (STRING);
                  required int32 start;
                  required int32 end;
                }
              }
            }
            optional binary text (STRING);
            optional group text_ids (LIST) { repeated group list { required int32 element; } }
            required binary model (STRING);
            required binary code (STRING);
          }
          """);

  private final ParquetWriter<Group> writer;

  /**
   * Begins a file, compressed with Zstandard; one that exists is replaced.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public PreparedParquetWriter(Path file) {
    try {
      this.writer =
          ExampleParquetWriter.builder(new LocalOutputFile(file))
              .withConf(new PlainParquetConfiguration())
              .withCodecFactory(new ParquetCodecs())
              .withCompressionCodec(CompressionCodecName.ZSTD)
              .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
              .withType(SCHEMA)
              .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes one.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public void write(PreparedUtterance utterance) {
    Group row = new SimpleGroup(SCHEMA);
    row.append("id", utterance.id());
    put(row, "speaker", utterance.speaker());
    put(row, "style_label", utterance.styleLabel());
    put(row, "split", utterance.split());
    row.append("seconds", utterance.seconds());
    put(row, "hubert", utterance.units().hubert());
    put(row, "pitch", utterance.units().pitch());
    put(row, "style", utterance.units().style());
    Group words = row.addGroup("words");
    for (WordFrames word : utterance.words()) {
      words
          .addGroup("list")
          .addGroup("element")
          .append("w", word.word())
          .append("start", word.start())
          .append("end", word.end());
    }
    put(row, "text", utterance.text());
    put(row, "text_ids", utterance.textIds());
    row.append("model", utterance.model()).append("code", utterance.code());
    try {
      writer.write(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void put(Group row, String column, @Nullable String value) {
    if (value != null) {
      row.add(column, value);
    }
  }

  private static void put(Group row, String column, int @Nullable [] values) {
    if (values != null) {
      Group list = row.addGroup(column);
      for (int value : values) {
        list.addGroup("list").append("element", value);
      }
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

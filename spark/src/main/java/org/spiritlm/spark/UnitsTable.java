package org.spiritlm.spark;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.PreparedParquetWriter;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;

/**
 * The rows of the table of units. When a file ends, its metadata take the sums over its rows and
 * the job's fingerprint, by which a later run knows that it is whole.
 */
final class UnitsTable extends WriteSupport<PreparedUtterance> {
  private static final MessageType SCHEMA = PreparedParquetWriter.SCHEMA;

  private final String job;
  private BucketResult result = BucketResult.none();
  private @Nullable RecordConsumer consumer;

  /** Rows of a job with this fingerprint. */
  UnitsTable(String job) {
    this.job = job;
  }

  /** Sums over the rows and what stood in their way. */
  BucketResult result() {
    return result;
  }

  /** Counts a row, or an item in its place that goes into quarantine. */
  void count(ItemPreparer.Outcome outcome) {
    PreparedUtterance row = outcome.prepared();
    int[] ids = row == null ? null : row.textIds();
    result =
        result.plus(
            new BucketResult(
                row == null ? 0 : 1,
                row == null ? 1 : 0,
                outcome.samples(),
                row == null ? 0 : row.units().hubert().length,
                row == null ? 0 : row.words().size(),
                ids == null ? 0 : ids.length,
                false));
  }

  @Override
  public String getName() {
    return "spiritlm";
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in this version
  public WriteContext init(Configuration configuration) {
    return new WriteContext(SCHEMA, Map.of());
  }

  @Override
  public void prepareForWrite(RecordConsumer recordConsumer) {
    this.consumer = recordConsumer;
  }

  @Override
  public void write(PreparedUtterance row) {
    RecordConsumer to = consumer;
    if (to == null) {
      throw new IllegalStateException("prepareForWrite comes first");
    }
    to.startMessage();
    put(to, "id", row.id());
    put(to, "speaker", row.speaker());
    put(to, "style_label", row.styleLabel());
    put(to, "split", row.split());
    int seconds = begin(to, "seconds");
    to.addDouble(row.seconds());
    to.endField("seconds", seconds);
    put(to, "hubert", row.units().hubert());
    put(to, "pitch", row.units().pitch());
    put(to, "style", row.units().style());
    putWords(to, row);
    put(to, "text", row.text());
    put(to, "text_ids", row.textIds());
    put(to, "model", row.model());
    put(to, "code", row.code());
    to.endMessage();
  }

  private static int begin(RecordConsumer to, String column) {
    int index = SCHEMA.getFieldIndex(column);
    to.startField(column, index);
    return index;
  }

  private static void put(RecordConsumer to, String column, @Nullable String value) {
    if (value != null) {
      int index = begin(to, column);
      to.addBinary(Binary.fromString(value));
      to.endField(column, index);
    }
  }

  private static void put(RecordConsumer to, String column, int @Nullable [] values) {
    if (values == null) {
      return;
    }
    int index = begin(to, column);
    to.startGroup();
    if (values.length > 0) { // an empty field may not begin
      to.startField("list", 0);
      for (int value : values) {
        to.startGroup();
        put(to, "element", 0, value);
        to.endGroup();
      }
      to.endField("list", 0);
    }
    to.endGroup();
    to.endField(column, index);
  }

  private static void put(RecordConsumer to, String field, int index, int value) {
    to.startField(field, index);
    to.addInteger(value);
    to.endField(field, index);
  }

  private static void putWords(RecordConsumer to, PreparedUtterance row) {
    int index = begin(to, "words");
    to.startGroup();
    if (!row.words().isEmpty()) {
      to.startField("list", 0);
      for (WordFrames word : row.words()) {
        to.startGroup();
        to.startField("element", 0);
        to.startGroup();
        to.startField("w", 0);
        to.addBinary(Binary.fromString(word.word()));
        to.endField("w", 0);
        put(to, "start", 1, word.start());
        put(to, "end", 2, word.end());
        to.endGroup();
        to.endField("element", 0);
        to.endGroup();
      }
      to.endField("list", 0);
    }
    to.endGroup();
    to.endField("words", index);
  }

  @Override
  public FinalizedWriteContext finalizeWrite() {
    return new FinalizedWriteContext(result.metadata(job));
  }
}

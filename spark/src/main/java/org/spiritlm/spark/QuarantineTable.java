package org.spiritlm.spark;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.Rejection;

/** The rows of the table of what could not be used. */
final class QuarantineTable extends WriteSupport<Rejection> {
  static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message rejection {
            required binary id (STRING);
            optional binary audio (STRING);
            required binary reason (STRING);
          }
          """);

  private @Nullable RecordConsumer consumer;

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
  public void write(Rejection row) {
    RecordConsumer to = consumer;
    if (to == null) {
      throw new IllegalStateException("prepareForWrite comes first");
    }
    AudioLocation audio = row.audio();
    to.startMessage();
    put(to, 0, row.id());
    if (audio != null) {
      put(to, 1, audio.toString());
    }
    put(to, 2, row.reason());
    to.endMessage();
  }

  private static void put(RecordConsumer to, int index, String value) {
    String field = SCHEMA.getFieldName(index);
    to.startField(field, index);
    to.addBinary(Binary.fromString(value));
    to.endField(field, index);
  }
}

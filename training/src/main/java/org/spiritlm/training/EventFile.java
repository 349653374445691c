package org.spiritlm.training;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard opens.
 *
 * <p>Each record is a protocol buffer ({@code Event} with a {@code Summary}) between its length and
 * masked CRC-32C checksums, as TensorFlow's record format has it.
 */
final class EventFile implements AutoCloseable {
  private final Path file;
  private final OutputStream stream;

  /** Begins a file in a directory, named by the time so that those of a resumed run stay. */
  EventFile(Path directory) {
    this.file =
        directory.resolve("events.out.tfevents." + System.currentTimeMillis() + ".spiritlm");
    try {
      Files.createDirectories(directory);
      this.stream = Files.newOutputStream(file);
      Message version = event(0);
      version.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
      record(version);
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
  }

  /** Adds the values of a step. */
  void write(long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach(
        (tag, value) -> {
          Message scalar = new Message();
          scalar.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
          scalar.single(2, value.floatValue());
          summary.bytes(1, scalar.toByteArray());
        });
    Message event = event(step);
    event.bytes(5, summary.toByteArray());
    try {
      record(event);
      stream.flush();
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
  }

  private static Message event(long step) {
    Message event = new Message();
    event.wide(1, System.currentTimeMillis() / 1e3);
    event.whole(2, step);
    return event;
  }

  private void record(Message event) throws IOException {
    byte[] data = event.toByteArray();
    byte[] length = little(Long.BYTES).putLong(data.length).array();
    stream.write(length);
    stream.write(little(Integer.BYTES).putInt(masked(length)).array());
    stream.write(data);
    stream.write(little(Integer.BYTES).putInt(masked(data)).array());
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int masked(byte[] data) {
    CRC32C checksum = new CRC32C();
    checksum.update(data);
    int value = (int) checksum.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  /** A protocol buffer while it is written. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void whole(int field, long value) {
      variable((long) field << 3);
      variable(value);
    }

    void wide(int field, double value) {
      variable(((long) field << 3) | 1);
      out.writeBytes(little(Double.BYTES).putDouble(value).array());
    }

    void single(int field, float value) {
      variable(((long) field << 3) | 5);
      out.writeBytes(little(Float.BYTES).putFloat(value).array());
    }

    void bytes(int field, byte[] value) {
      variable(((long) field << 3) | 2);
      variable(value.length);
      out.writeBytes(value);
    }

    private void variable(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) ((rest & 0x7f) | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw WriteFailure.of(file, e);
    }
  }
}

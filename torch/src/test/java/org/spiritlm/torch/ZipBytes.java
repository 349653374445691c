package org.spiritlm.torch;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes archives field by field: with zip64, with holes, and with lies. */
final class ZipBytes implements AutoCloseable {
  private static final int WIDE = -1;

  /** Bytes of entries begin at multiples of this, as PyTorch makes them. */
  private static final int ALIGNMENT = 64;

  private record Entry(String name, long size, long header) {
    byte[] text() {
      return name.getBytes(StandardCharsets.UTF_8);
    }
  }

  private final RandomAccessFile file;
  private final List<Entry> entries = new ArrayList<>();

  ZipBytes(Path path) throws IOException {
    file = new RandomAccessFile(path.toFile(), "rw");
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * An entry of this size that begins with these bytes; the rest is a hole, which takes no disk.
   */
  void add(String name, long size, byte... start) throws IOException {
    Entry entry = new Entry(name, size, file.getFilePointer());
    entries.add(entry);
    byte[] text = entry.text();
    int padding = (int) -(file.getFilePointer() + 30 + text.length) & (ALIGNMENT - 1);
    file.write(
        buffer(30 + text.length + padding)
            .putInt(0x04034b50)
            .putShort(26, (short) text.length)
            .putShort(28, (short) padding)
            .put(30, text)
            .array());
    long data = file.getFilePointer();
    file.write(start);
    file.setLength(data + size);
    file.seek(data + size);
  }

  /** The directory, in which all sizes and places are kept in 64 bits. */
  void finish() throws IOException {
    long start = file.getFilePointer();
    for (Entry entry : entries) {
      int length = entry.text().length;
      file.write(
          buffer(46 + length + 28)
              .putInt(0x02014b50)
              .putInt(20, WIDE)
              .putInt(24, WIDE)
              .putShort(28, (short) length)
              .putShort(30, (short) 28)
              .putInt(42, WIDE)
              .put(46, entry.text())
              .position(46 + length)
              .putShort((short) 1)
              .putShort((short) 24)
              .putLong(entry.size)
              .putLong(entry.size)
              .putLong(entry.header)
              .array());
    }
    long end = file.getFilePointer();
    file.write(
        buffer(56)
            .putInt(0x06064b50)
            .putLong(44)
            .putLong(24, entries.size())
            .putLong(32, entries.size())
            .putLong(40, end - start)
            .putLong(48, start)
            .array());
    file.write(buffer(20).putInt(0x07064b50).putInt(0).putLong(end).putInt(1).array());
    file.write(buffer(22).putInt(0x06054b50).putInt(12, WIDE).putInt(16, WIDE).array());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

package org.spiritlm.shards;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The checksum of an item or of a word: CRC-32C over all its numbers, eight bytes each in
 * little-endian order, before each list its length. Not thread-safe.
 */
final class ItemChecksum {
  private final CRC32C checksum = new CRC32C();
  private final ByteBuffer piece =
      ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN); // a multiple of eight

  void add(long value) {
    if (!piece.hasRemaining()) {
      flush();
    }
    piece.putLong(value);
  }

  void add(int[] list) {
    add(list.length);
    for (int value : list) {
      add(value);
    }
  }

  void add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    add(bytes.length);
    for (byte value : bytes) {
      add(value & 0xFF);
    }
  }

  private void flush() {
    checksum.update(piece.flip());
    piece.clear();
  }

  /** The checksum of what was added since the last one. */
  long take() {
    flush();
    long value = checksum.getValue();
    checksum.reset();
    return value;
  }
}

package org.spiritlm.shards;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The checksum of an item or of a word: CRC-32C over single numbers, eight bytes each in
 * little-endian order, and over lists, each its length as such a number, then its bytes as they lie
 * in the tensor. Not thread-safe.
 */
final class ItemChecksum {
  private final CRC32C checksum = new CRC32C();
  private final ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

  void add(long value) {
    checksum.update(number.clear().putLong(value).flip());
  }

  /** Adds a list of so many numbers by its bytes. */
  void add(int length, ByteBuffer bytes) {
    add(length);
    checksum.update(bytes);
  }

  /** The checksum of what was added since the last one. */
  long take() {
    long value = checksum.getValue();
    checksum.reset();
    return value;
  }
}

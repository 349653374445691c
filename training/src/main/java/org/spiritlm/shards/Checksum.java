package org.spiritlm.shards;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** The checksum of a file. */
final class Checksum {
  private static final int PIECE_BYTES = 1 << 20;

  private Checksum() {}

  /** CRC-32C of all bytes of a file. */
  static long of(Path file) {
    CRC32C checksum = new CRC32C();
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(piece.clear()) >= 0) {
        checksum.update(piece.flip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return checksum.getValue();
  }
}

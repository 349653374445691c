package org.spiritlm.torch;

import java.io.InputStream;
import java.nio.ByteBuffer;

/** A stream over a buffer, whose position says how far the reader came. */
final class BufferStream extends InputStream {
  private final ByteBuffer buffer;

  BufferStream(ByteBuffer buffer) {
    this.buffer = buffer;
  }

  @Override
  public int read() {
    return buffer.hasRemaining() ? buffer.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (!buffer.hasRemaining()) {
      return length == 0 ? 0 : -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(into, offset, count);
    return count;
  }
}

package org.spiritlm.corpus;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The next bytes of a stream, as many as are asked for; fewer are an error. */
final class PartStream extends InputStream {
  private final InputStream stream;
  private final String name;
  private long left;

  /**
   * Reads a part and does not close the stream.
   *
   * @param name what messages call it
   */
  PartStream(InputStream stream, long length, String name) {
    this.stream = stream;
    this.left = length;
    this.name = name;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int count = stream.read(bytes, from, (int) Math.min(left, length));
    if (count < 0) {
      throw new EOFException(name + ": the file ends " + left + " bytes before");
    }
    left -= count;
    return count;
  }
}

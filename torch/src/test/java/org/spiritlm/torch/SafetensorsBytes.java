package org.spiritlm.torch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files with any header, for what no writer would write. */
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  /** A header and that many bytes of tensors, which count up from 0. */
  static byte[] of(String header, int dataBytes) {
    return of(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  static byte[] of(byte[] header, int dataBytes) {
    return withLength(header.length, header, dataBytes);
  }

  /** As {@link #of}, with a length that need not be the header's. */
  static byte[] withLength(long length, byte[] header, int dataBytes) {
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(length).put(header);
    for (int i = 0; i < dataBytes; i++) {
      file.put((byte) i);
    }
    return file.array();
  }

  /** The header's part that describes one tensor. */
  static String entry(String name, String dtype, String shape, String begin, String end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%s,%s]}"
        .formatted(name, dtype, shape, begin, end);
  }
}

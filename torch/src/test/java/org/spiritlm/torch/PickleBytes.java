package org.spiritlm.torch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import net.razorvine.pickle.Opcodes;

/** Writes pickles instruction by instruction, for what PyTorch would never write. */
final class PickleBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A pickle of protocol 2. */
  static PickleBytes start() {
    return new PickleBytes().op(Opcodes.PROTO, 2);
  }

  /** Instructions or single bytes. */
  PickleBytes op(int... codes) {
    for (int code : codes) {
      out.write(code);
    }
    return this;
  }

  PickleBytes repeat(int times, int... codes) {
    byte[] bytes = new byte[times * codes.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) codes[i % codes.length];
    }
    return bytes(bytes);
  }

  PickleBytes bytes(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  PickleBytes line(String line) {
    return bytes((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  PickleBytes int32(int value) {
    return bytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  PickleBytes int64(long value) {
    return bytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  PickleBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return op(Opcodes.BINUNICODE).int32(bytes.length).bytes(bytes);
  }

  PickleBytes number(long value) {
    return op(Opcodes.LONG1, 8).int64(value);
  }

  PickleBytes global(String module, String name) {
    return op(Opcodes.GLOBAL).line(module).line(name);
  }

  /** A tuple of numbers. */
  PickleBytes tuple(long... values) {
    op(Opcodes.MARK);
    for (long value : values) {
      number(value);
    }
    return op(Opcodes.TUPLE);
  }

  /** The storage of this key, as the zip container names it. */
  PickleBytes storage(String type, String key, long elements) {
    op(Opcodes.MARK).text("storage").global("torch", type).text(key).text("cpu").number(elements);
    return op(Opcodes.TUPLE, Opcodes.BINPERSID);
  }

  /** The storage of this key, as the older container names it. */
  PickleBytes legacyStorage(String type, String key, long elements) {
    op(Opcodes.MARK).text("storage").global("torch", type).text(key).text("cpu").number(elements);
    return op(Opcodes.NONE, Opcodes.TUPLE, Opcodes.BINPERSID);
  }

  /** Makes a tensor of the storage that {@code storage} writes. */
  PickleBytes tensor(Runnable storage, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op(Opcodes.MARK);
    storage.run();
    number(offset).tuple(shape).tuple(strides);
    return op(Opcodes.NEWFALSE, Opcodes.NONE, Opcodes.TUPLE, Opcodes.REDUCE);
  }

  /** The pickle as far as it is, for the bytes that follow. */
  byte[] toBytes() {
    return out.toByteArray();
  }

  /** Ends the pickle. */
  byte[] stop() {
    return op(Opcodes.STOP).toBytes();
  }
}

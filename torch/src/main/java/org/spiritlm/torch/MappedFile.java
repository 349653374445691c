package org.spiritlm.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A file of any size as one private mapping, of which tensors are views.
 *
 * <p>libtorch owns the mapping and unmaps it with the last tensor. Pages are read when they are
 * first touched and can be dropped again; nothing is ever written back. The file must not be cut
 * short while tensors of it are in use.
 */
final class MappedFile {
  /** Bytes that are read at once. */
  private static final long PIECE_BYTES = 1 << 26;

  private final Path path;
  private final long size;
  private @Nullable Tensor mapping;

  private MappedFile(Path path, long size) {
    this.path = path;
    this.size = size;
  }

  /**
   * Opens a file; it is mapped when the first tensor is taken.
   *
   * @throws CheckpointException if it is missing or cannot be read
   */
  static MappedFile open(Path path) {
    if (Files.isDirectory(path)) {
      throw new CheckpointException(path + ": is a directory, expected a file");
    }
    if (!Files.exists(path)) {
      throw new CheckpointException(path + ": no such file");
    }
    if (!Files.isRegularFile(path)) {
      // reading a pipe or a device could wait forever
      throw new CheckpointException(path + ": is a pipe or a device, expected a file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new MappedFile(path, channel.size());
    } catch (IOException e) {
      throw new CheckpointException(path + ": cannot be read", e);
    }
  }

  Path path() {
    return path;
  }

  /** Bytes in the file when it was opened. */
  long size() {
    return size;
  }

  /** A copy of some bytes, little-endian; fewer where the file ends. */
  ByteBuffer read(long offset, int length) {
    ByteBuffer buffer =
        ByteBuffer.allocate((int) Math.max(0, Math.min(length, size - offset)))
            .order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
        // reads on until the buffer is full or the file ends
      }
    } catch (IOException e) {
      throw new CheckpointException(path + ": cannot be read", e);
    }
    return buffer.flip();
  }

  /**
   * A tensor over the bytes from an offset on, in row-major order. It shares the mapping, except
   * where the offset is no multiple of the element size: libtorch wants that, so the bytes are
   * copied then.
   */
  Tensor tensor(long offset, TensorInfo info) {
    return tensor(offset, info, contiguous(info.dimensions()));
  }

  /** As {@link #tensor(long, TensorInfo)} with strides, in elements. */
  Tensor tensor(long offset, TensorInfo info, long[] strides) {
    long[] shape = info.dimensions();
    long span = span(shape, strides) * info.dtype().bytes();
    if (offset < 0 || offset > size - span) {
      throw new CheckpointException(
          path + ": bytes " + offset + " to " + (offset + span) + " lie beyond the end at " + size);
    }
    try (Scope scope = Scope.open()) {
      if (span == 0) {
        return Scope.detach(Tensors.empty(info.dtype(), shape));
      }
      Tensor bytes = mapping().narrow(0, offset, span);
      if (offset % info.dtype().bytes() != 0) {
        bytes = bytes.clone();
      }
      return Scope.detach(bytes.view(info.dtype().scalarType()).as_strided(shape, strides));
    }
  }

  /** A tensor in memory of its own with the bytes from an offset on, in row-major order. */
  Tensor copy(long offset, TensorInfo info) {
    Tensor tensor;
    try (Scope scope = Scope.open()) { // frees the first handle, which would hold the memory too
      tensor = Scope.detach(Tensors.empty(info.dtype(), info.dimensions()));
    }
    long bytes = info.bytes();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      for (long at = 0; at < bytes; at += PIECE_BYTES) {
        // a pointer to the piece alone: a buffer begins where its pointer's position 0 is
        BytePointer piece = new BytePointer(tensor.data_ptr()).getPointer(at);
        ByteBuffer buffer = piece.limit(Math.min(PIECE_BYTES, bytes - at)).asByteBuffer();
        while (buffer.hasRemaining()) {
          if (channel.read(buffer, offset + at + buffer.position()) < 0) {
            throw new CheckpointException(
                path + ": ends before byte " + (offset + bytes) + "; it was cut short meanwhile");
          }
        }
      }
      return tensor;
    } catch (IOException e) {
      throw new CheckpointException(path + ": cannot be read", e);
    }
  }

  /** Row-major strides of a shape. */
  static long[] contiguous(long... shape) {
    long[] strides = new long[shape.length];
    long step = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= Math.max(1, shape[i]);
    }
    return strides;
  }

  /**
   * How many elements lie between the first and the last of a strided tensor, both included; 0
   * where it is empty.
   *
   * @throws ArithmeticException if that is more than a long can hold
   */
  static long span(long[] shape, long[] strides) {
    long span = 1;
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] == 0) {
        return 0;
      }
      span = Math.addExact(span, Math.multiplyExact(shape[i] - 1, strides[i]));
    }
    return span;
  }

  private synchronized Tensor mapping() {
    if (mapping == null) {
      Torch.start();
      // not shared: libtorch opens the file for reading only
      try (Scope scope = Scope.open()) {
        mapping =
            Scope.detach(
                torch.from_file(
                    new BytePointer(nativePath()),
                    new BoolOptional(false),
                    new LongOptional(size),
                    Tensors.options(DType.U8)));
      } catch (RuntimeException e) {
        throw new CheckpointException(
            path + ": cannot be mapped into memory (" + size + " bytes)", e);
      }
    }
    return mapping;
  }

  /** The path as the operating system's bytes, with the zero at the end. */
  private byte[] nativePath() {
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows");
    Charset charset =
        windows
            ? StandardCharsets.UTF_8
            : Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    return (path.toAbsolutePath() + "\0").getBytes(charset);
  }
}

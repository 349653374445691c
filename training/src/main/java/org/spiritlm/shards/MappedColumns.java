package org.spiritlm.shards;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;

/** The tensors of a safetensors file as buffers over the mapped file, without a copy. */
final class MappedColumns implements AutoCloseable {
  private final SafetensorsFile file;

  /** Hold the mapping; the buffers do not. */
  private final List<Tensor> tensors = new ArrayList<>();

  /**
   * Opens a file.
   *
   * @throws InputException if it is missing or damaged
   */
  MappedColumns(Path path) {
    this.file = SafetensorsFile.open(path);
  }

  Map<String, String> metadata() {
    return file.metadata();
  }

  boolean has(String name) {
    return file.names().contains(name);
  }

  /** The bytes of a tensor of any type. */
  ByteBuffer raw(String name) {
    return buffer(
        name,
        file.info(name).dtype(),
        ByteBuffer.allocate(0),
        tensor -> new BytePointer(tensor.data_ptr()).capacity(tensor.nbytes()).asByteBuffer());
  }

  ByteBuffer bytes(String name) {
    return buffer(
        name,
        DType.U8,
        ByteBuffer.allocate(0),
        tensor -> new BytePointer(tensor.data_ptr()).capacity(tensor.numel()).asByteBuffer());
  }

  ShortBuffer shorts(String name) {
    return buffer(
        name,
        DType.I16,
        ShortBuffer.allocate(0),
        tensor -> new ShortPointer(tensor.data_ptr()).capacity(tensor.numel()).asBuffer());
  }

  IntBuffer ints(String name) {
    return buffer(
        name,
        DType.I32,
        IntBuffer.allocate(0),
        tensor -> new IntPointer(tensor.data_ptr()).capacity(tensor.numel()).asBuffer());
  }

  LongBuffer longs(String name) {
    return buffer(
        name,
        DType.I64,
        LongBuffer.allocate(0),
        tensor -> new LongPointer(tensor.data_ptr()).capacity(tensor.numel()).asBuffer());
  }

  private <B extends Buffer> B buffer(
      String name, DType type, B empty, Function<Tensor, B> mapped) {
    if (!has(name)) {
      throw new InputException(file.origin() + ": is no shard of this kind: it has no " + name);
    }
    TensorInfo info = file.info(name);
    if (info.dtype() != type || info.shape().size() != 1 || info.elements() > Integer.MAX_VALUE) {
      throw new InputException(
          file.origin()
              + ": is no shard: "
              + name
              + " has type "
              + info.dtype()
              + " and shape "
              + info.shape()
              + "; expected "
              + type
              + " and one dimension below 2^31");
    }
    if (info.elements() == 0) {
      return empty;
    }
    Tensor tensor = file.load(name);
    tensors.add(tensor);
    return mapped.apply(tensor);
  }

  /** Frees the mapping; the buffers must not be used afterwards. */
  @Override
  public void close() {
    tensors.forEach(Scope::free);
    tensors.clear();
  }
}

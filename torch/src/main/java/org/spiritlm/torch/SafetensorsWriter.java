package org.spiritlm.torch;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Writes safetensors files, one tensor after the other, so that memory holds one tensor at most.
 *
 * <p>The file is written beside its place and moved there when it is whole; one that exists is
 * never replaced.
 */
public final class SafetensorsWriter {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The header is padded with blanks to a multiple of a cache line, for the tensors' alignment. */
  private static final int ALIGNMENT = 64;

  private static final String METADATA = "__metadata__";

  private static final int PIECE_BYTES = 1 << 26;

  private SafetensorsWriter() {}

  /**
   * Writes tensors of any device and layout.
   *
   * @param metadata strings to keep beside the tensors
   * @throws InputException if the file exists or cannot be written
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    write(file, new TensorMap(file.toString(), tensors), null, metadata);
  }

  /**
   * Writes all tensors of a source in its order, loading one at a time.
   *
   * @param floats the type that floating-point tensors are converted to, or null for their own
   * @throws InputException if the file exists or cannot be written
   */
  public static void write(
      Path file, TensorSource source, @Nullable DType floats, Map<String, String> metadata) {
    Torch.start();
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new InputException(file + " exists already; remove it or give another name");
    }
    // wide elements first, so that each tensor begins at a multiple of its element size
    List<String> names =
        source.names().stream()
            .sorted(Comparator.comparingInt(name -> -type(source, name, floats).bytes()))
            .toList();
    if (names.contains(METADATA)) {
      throw new InputException(
          "cannot write "
              + file
              + ": "
              + source.origin()
              + " has a tensor called '"
              + METADATA
              + "', which safetensors files keep for strings; rename it");
    }
    Path beside = file.resolveSibling("." + file.getFileName() + ".part");
    try (FileChannel channel =
        FileChannel.open(
            beside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(channel, header(source, names, floats, metadata));
      for (String name : names) {
        write(channel, source, name, floats);
      }
      channel.force(true);
    } catch (IOException e) {
      delete(beside, e);
      throw cannotWrite(file, e);
    } catch (RuntimeException e) {
      delete(beside, e);
      throw e;
    }
    try {
      Files.move(beside, file);
    } catch (IOException e) {
      delete(beside, e);
      throw cannotWrite(file, e);
    }
  }

  private static DType type(TensorSource source, String name, @Nullable DType floats) {
    DType own = source.info(name).dtype();
    return floats != null && own.isFloat() ? floats : own;
  }

  private static ByteBuffer header(
      TensorSource source, List<String> names, @Nullable DType floats, Map<String, String> metadata)
      throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    if (!metadata.isEmpty()) {
      json.set(METADATA, MAPPER.valueToTree(metadata));
    }
    long at = 0;
    for (String name : names) {
      TensorInfo info = new TensorInfo(type(source, name, floats), source.info(name).shape());
      ObjectNode entry = json.putObject(name);
      entry.put("dtype", info.dtype().name());
      entry.set("shape", MAPPER.valueToTree(info.shape()));
      entry.putArray("data_offsets").add(at).add(at + info.bytes());
      at += info.bytes();
    }
    byte[] text = MAPPER.writeValueAsString(json).getBytes(StandardCharsets.UTF_8);
    int length = Long.BYTES + text.length;
    int padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - Long.BYTES;
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void write(
      FileChannel channel, TensorSource source, String name, @Nullable DType floats)
      throws IOException {
    Tensor loaded = source.load(name);
    try (Scope scope = Scope.open()) {
      Tensor tensor = loaded.to(type(source, name, floats).scalarType()).cpu().contiguous();
      long bytes = tensor.numel() * type(source, name, floats).bytes();
      for (long at = 0; at < bytes; at += PIECE_BYTES) {
        BytePointer piece = new BytePointer(tensor.data_ptr()).getPointer(at);
        piece.limit(Math.min(PIECE_BYTES, bytes - at));
        writeAll(channel, piece.asByteBuffer());
      }
    } finally {
      Scope.free(loaded);
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void delete(Path beside, Exception cause) {
    try {
      Files.deleteIfExists(beside);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static InputException cannotWrite(Path file, IOException cause) {
    return new InputException("cannot write " + file + ": " + reason(file, cause), cause);
  }

  private static String reason(Path file, IOException cause) {
    if (cause instanceof FileAlreadyExistsException) {
      return "it exists already; remove it or give another name";
    }
    if (cause instanceof NoSuchFileException) {
      return "the directory "
          + file.toAbsolutePath().getParent()
          + " does not exist; make it first";
    }
    if (cause instanceof AccessDeniedException) {
      return "permission denied; give a place that you may write to";
    }
    if (cause instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason();
    }
    return String.valueOf(cause.getMessage()); // mostly the system's words: No space left on device
  }
}

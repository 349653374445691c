package org.spiritlm.torch;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * A safetensors file; its tensors are views of the mapped file, without a copy.
 *
 * <p>Format: an unsigned 64-bit length, a JSON header of that length (element type, shape and byte
 * range of each tensor), then the bytes of all tensors without gaps; everything little-endian.
 */
public final class SafetensorsFile implements TensorSource {
  private final MappedFile file;
  private final SafetensorsHeader header;

  private SafetensorsFile(MappedFile file, SafetensorsHeader header) {
    this.file = file;
    this.header = header;
  }

  /**
   * Opens a file and checks its header against its length; no tensor is read yet.
   *
   * @throws CheckpointException if the file is missing, truncated or damaged
   */
  public static SafetensorsFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    return new SafetensorsFile(file, SafetensorsHeader.read(file));
  }

  @Override
  public String origin() {
    return file.path().toString();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(header.tensors().keySet());
  }

  /** The strings that the writer put beside the tensors. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public TensorInfo info(String name) {
    return entry(name).info();
  }

  @Override
  public Tensor load(String name) {
    SafetensorsHeader.Entry entry = entry(name);
    return file.tensor(header.dataStart() + entry.begin(), entry.info());
  }

  @Override
  public Tensor copy(String name) {
    SafetensorsHeader.Entry entry = entry(name);
    return file.copy(header.dataStart() + entry.begin(), entry.info());
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry entry = header.tensors().get(name);
    if (entry == null) {
      throw new CheckpointException(origin() + ": has no tensor '" + name + "'");
    }
    return entry;
  }
}

package org.spiritlm.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Tensors of another source under other names. */
public final class RenamedSource implements TensorSource {
  private final TensorSource source;
  private final Map<String, String> originals = new LinkedHashMap<>();

  /**
   * Names every tensor anew.
   *
   * @param rename the new name of each, or null to leave the tensor out
   * @throws CheckpointException if two tensors would get the same name
   */
  public RenamedSource(TensorSource source, Function<String, @Nullable String> rename) {
    this.source = source;
    for (String original : source.names()) {
      String name = rename.apply(original);
      String other = name == null ? null : originals.put(name, original);
      if (other != null) {
        throw new CheckpointException(
            source.origin()
                + ": tensors '"
                + other
                + "' and '"
                + original
                + "' both mean '"
                + name
                + "'; the file is damaged or of another model");
      }
    }
  }

  @Override
  public String origin() {
    return source.origin();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(originals.keySet());
  }

  @Override
  public TensorInfo info(String name) {
    return source.info(original(name));
  }

  @Override
  public Tensor load(String name) {
    return source.load(original(name));
  }

  @Override
  public Tensor copy(String name) {
    return source.copy(original(name));
  }

  private String original(String name) {
    String original = originals.get(name);
    if (original == null) {
      throw new CheckpointException(origin() + ": has no tensor '" + name + "'");
    }
    return original;
  }
}

package org.spiritlm.torch;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Tensors in memory as a source. */
public final class TensorMap implements TensorSource {
  private final String origin;
  private final Map<String, Tensor> tensors;

  /** Holds the tensors themselves, not copies; they must belong to no scope. */
  public TensorMap(String origin, Map<String, Tensor> tensors) {
    this.origin = origin;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  @Override
  public String origin() {
    return origin;
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public TensorInfo info(String name) {
    Tensor tensor = at(name);
    return TensorInfo.of(DType.of(tensor), Tensors.shape(tensor));
  }

  @Override
  public Tensor load(String name) {
    return Scope.detach(at(name));
  }

  private Tensor at(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new CheckpointException(origin + ": has no tensor '" + name + "'");
    }
    return tensor;
  }
}

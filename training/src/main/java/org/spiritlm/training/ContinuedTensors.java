package org.spiritlm.training;

import java.util.LinkedHashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;

/**
 * What a part has learnt before: the tensors that are known, and fresh ones where none is.
 *
 * @param known what was learnt
 * @param fresh what the part asks for
 * @param fitting what becomes of tensors that are known in another form
 */
public record ContinuedTensors(TensorSource known, FreshTensors fresh, Fitting fitting)
    implements TensorSource {

  /** What becomes of tensors that are both known and asked for. */
  public interface Fitting {
    /** Whether {@link #refit} makes this tensor; otherwise it is the known one as it is. */
    boolean isRefitted(String name, TensorInfo known, TensorInfo fresh);

    /** Copies what is to be kept of the known tensor into the fresh one. */
    void refit(String name, Tensor known, Tensor fresh);
  }

  /** All as float32 weights that are trained. */
  public Weights weights(Device device) {
    return Weights.of(this).as(DType.F32).on(device).trained();
  }

  @Override
  public String origin() {
    return known.origin();
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(known.names());
    names.addAll(fresh.names());
    return names;
  }

  @Override
  public TensorInfo info(String name) {
    return (isKept(name) ? known : fresh).info(name);
  }

  @Override
  public Tensor load(String name) {
    if (isKept(name)) {
      return known.load(name);
    }
    Tensor made = fresh.load(name);
    if (isKnown(name)) {
      Tensor before = known.load(name);
      try {
        fitting.refit(name, before, made);
      } finally {
        Scope.free(before);
      }
    }
    return made;
  }

  @Override
  public Tensor copy(String name) {
    return isKept(name) ? known.copy(name) : load(name);
  }

  private boolean isKept(String name) {
    return isKnown(name)
        && !(fresh.names().contains(name)
            && fitting.isRefitted(name, known.info(name), fresh.info(name)));
  }

  private boolean isKnown(String name) {
    return known.names().contains(name);
  }
}

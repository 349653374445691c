package org.spiritlm.torch;

import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Named tensors in a file or in memory, read only when asked for. */
public interface TensorSource {
  /** Where the tensors come from, for error messages: usually a path. */
  String origin();

  /** The names of all tensors, in the file's order. */
  Set<String> names();

  /**
   * Type and shape of a tensor.
   *
   * @throws CheckpointException if there is none of this name
   */
  TensorInfo info(String name);

  /**
   * A tensor that shares the file's mapped memory where it can; never write to it. It belongs to no
   * scope; who loads many frees each ({@link Scope#free}).
   *
   * @throws CheckpointException if there is none of this name, or the file is damaged
   */
  Tensor load(String name);

  /**
   * A tensor in memory of its own, read without mapping the file where it can; for what is
   * rearranged at once, so that no page of the file stays in memory.
   *
   * @throws CheckpointException as {@link #load}
   */
  default Tensor copy(String name) {
    try (Scope scope = Scope.open()) {
      return Scope.detach(load(name).clone());
    }
  }
}

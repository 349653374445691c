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
   * scope.
   *
   * @throws CheckpointException if there is none of this name, or the file is damaged
   */
  Tensor load(String name);
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;

/** A part of a network on its way forward, to be gone back through once with gradients. */
public interface Pass extends AutoCloseable {
  /** The output, cut off from what it was made of. */
  Tensor values();

  /**
   * Adds the gradients of the part's parameters.
   *
   * @param gradient of the output; may be changed
   * @return that of the input, which may be the same tensor
   */
  Tensor backward(Tensor gradient);

  @Override
  void close();
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.InferenceMode;

/**
 * While it is open, operations of this thread keep no account of how gradients would go back, which
 * for small tensors is a good part of their time.
 *
 * <p>Tensors that were there before may be changed. Those that are made must not be changed in
 * place after it is closed, and take no part in learning.
 *
 * <p>Close it on the same thread, innermost first.
 */
public final class Inference implements AutoCloseable {
  private final InferenceMode mode;

  private Inference(InferenceMode mode) {
    this.mode = mode;
  }

  /** Begins. */
  public static Inference open() {
    Torch.start();
    return new Inference(Scope.release(new InferenceMode()));
  }

  @Override
  public void close() {
    Scope.free(mode);
  }
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.AutoGradMode;

/**
 * While it is open, what this thread computes carries no gradients, whatever it is computed from.
 *
 * <p>Close it on the same thread, innermost first.
 */
public final class NoGradients implements AutoCloseable {
  private final AutoGradMode before;

  private NoGradients(AutoGradMode before) {
    this.before = before;
  }

  public static NoGradients open() {
    Torch.start();
    return new NoGradients(Scope.release(new AutoGradMode(false)));
  }

  @Override
  public void close() {
    Scope.free(before);
  }
}

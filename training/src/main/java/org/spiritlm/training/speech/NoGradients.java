package org.spiritlm.training.speech;

import org.bytedeco.pytorch.NoGradGuard;
import org.spiritlm.torch.Scope;

/** While it is open, this thread's operations remember nothing for gradients. */
final class NoGradients implements AutoCloseable {
  private final NoGradGuard guard = Scope.release(new NoGradGuard());

  private NoGradients() {}

  static NoGradients open() {
    return new NoGradients();
  }

  @Override
  public void close() {
    Scope.free(guard);
  }
}

package org.spiritlm.lm;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Pass;
import org.spiritlm.torch.Scope;

/**
 * The gate of a feed-forward part (SwiGLU) on its way forward, gone back through by hand: both
 * gradients are written where the product before it takes them from, so that they need not be put
 * together.
 */
final class GatePass implements Pass {
  private final Tensor both; // gate and up beside each other, [N, 2 F]
  private final Tensor opened; // SiLU of the gate, [N, F]
  private final Tensor values; // [N, F]

  GatePass(Tensor both) {
    try (Scope scope = Scope.open()) {
      this.both = Scope.detach(both);
      this.opened = Scope.detach(torch.silu(gate(both)));
      this.values = Scope.detach(opened.mul(up(both)));
    }
  }

  private static Tensor gate(Tensor both) {
    return both.narrow(1, 0, both.size(1) / 2);
  }

  private static Tensor up(Tensor both) {
    return both.narrow(1, both.size(1) / 2, both.size(1) / 2);
  }

  /** [N, F]. */
  @Override
  public Tensor values() {
    return values;
  }

  /** [N, F] to [N, 2 F]. */
  @Override
  public Tensor backward(Tensor gradient) {
    try (Scope scope = Scope.open()) {
      Tensor result = torch.empty_like(both);
      torch.mul_out(up(result), gradient, opened);
      torch.silu_backward_out(gate(result), gradient.mul_(up(both)), gate(both));
      return scope.keep(result);
    }
  }

  @Override
  public void close() {
    for (Tensor tensor : new Tensor[] {values, opened, both}) {
      Scope.free(tensor);
    }
  }
}

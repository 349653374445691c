package org.spiritlm.torch;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * A part through which libtorch finds gradients. What lies between two such parts is gone back
 * through by hand.
 */
public final class NetworkPart implements Pass {
  private final Tensor input;
  private final Tensor output;
  private final Tensor values;

  /**
   * Computes the output.
   *
   * @param input is not changed as long as this is used
   */
  public NetworkPart(Tensor input, UnaryOperator<Tensor> part) {
    try (Scope scope = Scope.open()) {
      Tensor leaf = input.detach();
      leaf.set_requires_grad(true);
      Tensor made = part.apply(leaf);
      this.input = Scope.detach(leaf);
      this.output = Scope.detach(made);
      this.values = Scope.detach(made.detach());
    }
  }

  @Override
  public Tensor values() {
    return values;
  }

  @Override
  public Tensor backward(Tensor gradient) {
    Gradients.backward(output, gradient.to(output.scalar_type()));
    return input.grad();
  }

  @Override
  public void close() {
    Scope.free(values);
    Scope.free(output);
    Scope.free(input);
  }
}

package org.spiritlm.torch;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/**
 * A part of a network on its way forward, through which libtorch finds gradients: from an input
 * that is cut off from what it was made of, to an output. What lies between two parts is gone back
 * through by hand.
 */
public final class NetworkPart implements AutoCloseable {
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

  /** The output, cut off from the part. */
  public Tensor values() {
    return values;
  }

  /**
   * Adds the gradients of the part's parameters; only once.
   *
   * @param gradient of the output
   * @return that of the input, in its type, which belongs to the enclosing scope and may be changed
   */
  public Tensor backward(Tensor gradient) {
    output.backward(
        gradient.to(output.scalar_type()), new BoolOptional(), false, new TensorArrayRefOptional());
    return input.grad();
  }

  @Override
  public void close() {
    Scope.free(values);
    Scope.free(output);
    Scope.free(input);
  }
}

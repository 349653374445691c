package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** {@code y = x W^T + b}. */
public final class Linear {
  private final Tensor weight;
  private final TensorOptional bias;

  /** Takes {@code weight} [out, in] and, where asked, {@code bias} [out]. */
  public Linear(Weights weights, long in, long out, boolean bias) {
    double bound = 1 / Math.sqrt((double) in);
    this.weight = weights.tensor("weight", Initializer.uniform(bound), out, in);
    this.bias = bias ? optional(weights.tensor("bias", Initializer.uniform(bound), out)) : none();
  }

  public Linear(Weights weights, long in, long out) {
    this(weights, in, out, true);
  }

  /** The weight matrix, [out, in]. */
  public Tensor weight() {
    return weight;
  }

  public Tensor forward(Tensor x) {
    return torch.linear(x, weight, bias);
  }

  /** An optional that outlives every scope. */
  static TensorOptional optional(Tensor tensor) {
    return Scope.release(new TensorOptional(tensor));
  }

  /** An empty optional that outlives every scope. */
  static TensorOptional none() {
    return Scope.release(new TensorOptional());
  }
}

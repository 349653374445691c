package org.spiritlm.torch;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A root-mean-square norm on its way forward, gone back through by hand: with {@code s = (mean(x²)
 * + ε)^-½}, {@code z = s x}, {@code y = w z} and the gradient g of y, that of x is {@code s (w g -
 * z mean(w g z))} and that of w the sum of {@code g z}. libtorch takes twice as many operations.
 */
public final class RmsPass implements AutoCloseable {
  private static final ScalarOptional TWO = Scope.release(new ScalarOptional(new Scalar(2)));

  private final Tensor weight; // [D]
  private final Tensor factors; // w, which carries no gradients, [D]
  private final Tensor scale; // s, [N, 1]
  private final Tensor scaled; // z, [N, D]
  private final Tensor values; // y, [N, D]

  /**
   * @param x float32, [N, D]
   * @param weight float32, [D]
   */
  RmsPass(Tensor x, Tensor weight, double epsilon) {
    this.weight = weight;
    try (Scope scope = Scope.open()) {
      Tensor length = x.detach().norm(TWO, new long[] {1}, true);
      Tensor inverse =
          length
              .square_()
              .div_(Tensors.scalar((double) x.size(1)))
              .add_(Tensors.scalar(epsilon))
              .rsqrt_();
      this.factors = Scope.detach(weight.detach());
      this.scale = Scope.detach(inverse);
      this.scaled = Scope.detach(x.detach().mul(inverse));
      this.values = Scope.detach(Products.rounded(scaled.mul(factors)));
    }
  }

  /** The output, [N, D], rounded for {@linkplain Products products}. */
  public Tensor values() {
    return values;
  }

  /**
   * Adds the weight's gradient, and that of the input to a tensor.
   *
   * @param gradient of the output, [N, D]
   * @param whole float32, [N, D], is changed
   */
  public void backward(Tensor gradient, Tensor whole) {
    try (Scope scope = Scope.open()) {
      Tensor g = gradient.to(DType.F32.scalarType());
      Tensor along = g.mul(scaled);
      if (weight.requires_grad()) {
        Gradients.backward(weight, along.sum(new long[] {0}));
      }
      Tensor mean = along.mv(factors).div_(Tensors.scalar((double) scaled.size(1))).unsqueeze(1);
      Tensor change = g.mul(factors).addcmul_(scaled, mean, new Scalar(-1));
      whole.addcmul_(change, scale);
    }
  }

  @Override
  public void close() {
    for (Tensor tensor : new Tensor[] {values, scaled, scale, factors}) {
      Scope.free(tensor);
    }
  }
}

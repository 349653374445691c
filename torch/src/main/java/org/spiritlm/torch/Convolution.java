package org.spiritlm.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * One-dimensional convolution over [B, C, T], plain or transposed, its weight plain or in
 * weight-norm form.
 */
public final class Convolution {
  private final Shape shape;
  private final Tensor weight;
  private final TensorOptional bias;

  /**
   * Sizes of a convolution; {@code transposed} swaps the roles of the channels in the weight's
   * shape.
   *
   * @param normAxis the axis whose slices weight norm keeps apart, or -1 for a plain weight
   */
  public record Shape(
      long in,
      long out,
      long kernel,
      long stride,
      long padding,
      long dilation,
      long groups,
      boolean bias,
      boolean transposed,
      int normAxis) {

    public static Shape of(long in, long out, long kernel) {
      return new Shape(in, out, kernel, 1, 0, 1, 1, true, false, -1);
    }

    public Shape stride(long value) {
      return new Shape(
          in, out, kernel, value, padding, dilation, groups, bias, transposed, normAxis);
    }

    public Shape padding(long value) {
      return new Shape(
          in, out, kernel, stride, value, dilation, groups, bias, transposed, normAxis);
    }

    public Shape dilation(long value) {
      return new Shape(in, out, kernel, stride, padding, value, groups, bias, transposed, normAxis);
    }

    public Shape groups(long value) {
      return new Shape(
          in, out, kernel, stride, padding, dilation, value, bias, transposed, normAxis);
    }

    public Shape withoutBias() {
      return new Shape(
          in, out, kernel, stride, padding, dilation, groups, false, transposed, normAxis);
    }

    public Shape asTransposed() {
      return new Shape(in, out, kernel, stride, padding, dilation, groups, bias, true, normAxis);
    }

    public Shape weightNorm(int axis) {
      return new Shape(in, out, kernel, stride, padding, dilation, groups, bias, transposed, axis);
    }

    long[] weightShape() {
      return transposed
          ? new long[] {in, out / groups, kernel}
          : new long[] {out, in / groups, kernel};
    }
  }

  /**
   * Takes {@code weight} (or {@code weight_g}, {@code weight_v} in weight-norm form) and {@code
   * bias} [out].
   */
  public Convolution(Weights weights, Shape shape) {
    this.shape = shape;
    double bound = 1 / Math.sqrt((double) shape.in() / shape.groups() * shape.kernel());
    this.weight =
        shape.normAxis() < 0
            ? weights.tensor("weight", Initializer.uniform(bound), shape.weightShape())
            : normalised(weights, shape, bound);
    this.bias =
        shape.bias()
            ? Linear.optional(weights.tensor("bias", Initializer.uniform(bound), shape.out()))
            : Linear.none();
  }

  /**
   * Folds {@code g v / |v|}, the norm taken over all axes but one; both of PyTorch's names for g
   * and v are read.
   */
  private static Tensor normalised(Weights weights, Shape shape, double bound) {
    long[] size = shape.weightShape();
    long[] gainSize = {1, 1, 1};
    gainSize[shape.normAxis()] = size[shape.normAxis()];
    boolean parametrized = weights.has("parametrizations.weight.original0");
    String gainName = parametrized ? "parametrizations.weight.original0" : "weight_g";
    String directionName = parametrized ? "parametrizations.weight.original1" : "weight_v";
    Tensor direction = weights.tensor(directionName, Initializer.uniform(bound), size);
    long slice = Arrays.stream(size).reduce(1, Math::multiplyExact) / size[shape.normAxis()];
    Tensor gain = weights.tensor(gainName, Initializer.uniformNorm(bound, slice), gainSize);
    try (Scope scope = Scope.open()) {
      return Scope.detach(direction.mul(gain.div(norm(direction, shape.normAxis()))));
    }
  }

  private static Tensor norm(Tensor direction, int axis) {
    long[] others = java.util.stream.LongStream.range(0, 3).filter(i -> i != axis).toArray();
    return direction
        .square()
        .sum(others, true, new org.bytedeco.pytorch.ScalarTypeOptional())
        .sqrt();
  }

  /** The folded weight. */
  public Tensor weight() {
    return weight;
  }

  /** The bias, or an empty optional; it belongs to no scope. */
  public TensorOptional bias() {
    return bias;
  }

  public Tensor forward(Tensor x) {
    long[] stride = {shape.stride()};
    long[] padding = {shape.padding()};
    long[] dilation = {shape.dilation()};
    return shape.transposed()
        ? torch.conv_transpose1d(
            x, weight, bias, stride, padding, new long[] {0}, shape.groups(), dilation)
        : torch.conv1d(x, weight, bias, stride, padding, dilation, shape.groups());
  }
}

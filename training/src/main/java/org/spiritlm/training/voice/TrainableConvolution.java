package org.spiritlm.training.voice;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Products.Geometry;
import org.spiritlm.torch.WeightNorm;
import org.spiritlm.torch.Weights;

/**
 * A convolution over [B, C, T], plain or transposed, whose weight norm (Salimans and Kingma, 2016)
 * is computed anew at each call, so that gradients reach direction and length.
 *
 * <p>The names and first values of the tensors are those of {@link org.spiritlm.torch.Convolution}.
 */
final class TrainableConvolution {
  private final Shape shape;
  private final @Nullable Tensor gain; // null where the weight is plain
  private final Tensor direction;
  private final Tensor bias;

  /**
   * Sizes.
   *
   * @param padding zeros at both ends; of a transposed one, what is cut off there
   */
  record Shape(
      int in,
      int out,
      int kernel,
      int stride,
      int padding,
      int dilation,
      int groups,
      boolean transposed) {
    /** One that keeps the length; the kernel is odd. */
    static Shape same(int in, int out, int kernel, int dilation) {
      return new Shape(in, out, kernel, 1, (kernel - 1) * dilation / 2, dilation, 1, false);
    }

    /** One that gives every stride-th step. */
    static Shape strided(int in, int out, int kernel, int stride, int padding) {
      return new Shape(in, out, kernel, stride, padding, 1, 1, false);
    }

    /** One that gives so many steps for each. */
    static Shape raising(int in, int out, int kernel, int rate) {
      return new Shape(in, out, kernel, rate, (kernel - rate) / 2, 1, 1, true);
    }

    Shape groups(int count) {
      return new Shape(in, out, kernel, stride, padding, dilation, count, transposed);
    }

    private long[] weight() {
      return transposed
          ? new long[] {in, out / groups, kernel}
          : new long[] {out, in / groups, kernel};
    }
  }

  private TrainableConvolution(Shape shape, @Nullable Tensor gain, Tensor direction, Tensor bias) {
    this.shape = shape;
    this.gain = gain;
    this.direction = direction;
    this.bias = bias;
  }

  private static Initializer uniform(Shape shape) {
    return Initializer.uniform(bound(shape));
  }

  private static double bound(Shape shape) {
    return 1 / Math.sqrt((double) shape.in() / shape.groups() * shape.kernel());
  }

  /** Takes {@code weight} and {@code bias}. */
  static TrainableConvolution plain(Weights weights, Shape shape) {
    return new TrainableConvolution(
        shape,
        null,
        weights.tensor("weight", uniform(shape), shape.weight()),
        weights.tensor("bias", uniform(shape), shape.out()));
  }

  /**
   * Takes {@code weight_g}, {@code weight_v} (or PyTorch's newer names of the two) and {@code
   * bias}; a plain weight of a file whose norm was folded stays one.
   */
  static TrainableConvolution weightNorm(Weights weights, Shape shape) {
    if (weights.has("weight")) {
      return plain(weights, shape);
    }
    boolean parametrized = weights.has("parametrizations.weight.original0");
    String gainName = parametrized ? "parametrizations.weight.original0" : "weight_g";
    String directionName = parametrized ? "parametrizations.weight.original1" : "weight_v";
    long[] size = shape.weight();
    long slice = Arrays.stream(size).reduce(1, Math::multiplyExact) / size[0];
    return new TrainableConvolution(
        shape,
        weights.tensor(
            gainName, Initializer.uniformNorm(bound(shape), slice), new long[] {size[0], 1, 1}),
        weights.tensor(directionName, uniform(shape), size),
        weights.tensor("bias", uniform(shape), shape.out()));
  }

  private Tensor weight() {
    return gain == null ? direction : WeightNorm.of(direction, gain);
  }

  Tensor forward(Tensor x) {
    Geometry geometry =
        new Geometry(shape.stride(), shape.padding(), shape.dilation(), shape.groups());
    TensorOptional shift = new TensorOptional(bias);
    return shape.transposed()
        ? Products.transposedConvolution(x, weight(), shift, geometry)
        : Products.convolution(x, weight(), shift, geometry);
  }
}

package org.spiritlm.torch;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Matrix products, convolutions and attention that carry gradients, computed in the precision that
 * {@link Torch#precision()} says: in bfloat16 both factors are rounded, forwards and backwards, and
 * sums are float32. The result has the type of the input, so that a chain of products that begins
 * with a {@linkplain #rounded rounded} input stays in bfloat16.
 *
 * <p>Convolutions in bfloat16 have their channels last in memory, and one more axis for oneDNN,
 * which has fast kernels for that alone (measured: 2 to 10 times as fast as float32 over [B, C,
 * T]).
 */
public final class Products {
  private Products() {}

  /** {@code x W^T + b}; x [.., in], weight [out, in], bias [out] or none. */
  static Tensor linear(Tensor x, Tensor weight, TensorOptional bias) {
    return isRounded()
        ? torch.linear(rounded(x), rounded(weight), rounded(bias)).to(x.scalar_type())
        : torch.linear(x, weight, bias);
  }

  /** The tensor in bfloat16 where products are computed in it, otherwise itself. */
  public static Tensor rounded(Tensor x) {
    return isRounded() ? x.to(DType.BF16.scalarType()) : x;
  }

  /**
   * How a convolution moves.
   *
   * @param stride of a transposed one, steps made of each
   * @param padding zeros at both ends; of a transposed one, what is cut off there
   */
  public record Geometry(long stride, long padding, long dilation, long groups) {
    /** Without padding, neighbours beside each other. */
    public static Geometry strided(long stride) {
      return new Geometry(stride, 0, 1, 1);
    }
  }

  /**
   * A convolution: x [B, C, T], weight [C', C / groups, K], bias [C'] or none, to [B, C', T'].
   *
   * @param x any order in memory; channels last is what it is rounded to
   */
  public static Tensor convolution(
      Tensor x, Tensor weight, TensorOptional bias, Geometry geometry) {
    if (!isRounded() || isWrong(weight)) {
      long[] stride = {geometry.stride};
      long[] padding = {geometry.padding};
      long[] dilation = {geometry.dilation};
      return torch
          .conv1d(
              x.to(weight.scalar_type()), weight, bias, stride, padding, dilation, geometry.groups)
          .to(x.scalar_type());
    }
    return torch
        .conv2d(
            lastChannels(x),
            rounded(weight).unsqueeze(2),
            rounded(bias),
            new long[] {1, geometry.stride},
            new long[] {0, geometry.padding},
            new long[] {1, geometry.dilation},
            geometry.groups)
        .squeeze(2)
        .to(x.scalar_type());
  }

  /** A transposed convolution: x [B, C, T], weight [C, C' / groups, K], to [B, C', T']. */
  public static Tensor transposedConvolution(
      Tensor x, Tensor weight, TensorOptional bias, Geometry geometry) {
    if (!isRounded()) {
      return torch.conv_transpose1d(
          x,
          weight,
          bias,
          new long[] {geometry.stride},
          new long[] {geometry.padding},
          new long[] {0},
          geometry.groups,
          new long[] {geometry.dilation});
    }
    return torch
        .conv_transpose2d(
            lastChannels(x),
            rounded(weight).unsqueeze(2),
            rounded(bias),
            new long[] {1, geometry.stride},
            new long[] {0, geometry.padding},
            new long[] {0, 0},
            geometry.groups,
            new long[] {1, geometry.dilation})
        .squeeze(2)
        .to(x.scalar_type());
  }

  /**
   * Attention of every position to every other: queries, keys and values [B, H, T, d] to [B, H, T,
   * d].
   */
  public static Tensor attention(Tensor queries, Tensor keys, Tensor values) {
    if (isRounded() && queries.is_cpu()) {
      // libtorch's own attention has no bfloat16 products on a processor
      Tensor scaled = queries.mul(Tensors.scalar(1 / Math.sqrt((double) queries.size(3))));
      Tensor scores = rounded(scaled).matmul(rounded(keys).transpose(2, 3)); // [B, H, T, T]
      return scores.softmax(-1).matmul(rounded(values)).to(queries.scalar_type());
    }
    return torch.scaled_dot_product_attention(
        queries, keys, values, new TensorOptional(), 0, false, new DoubleOptional(), false);
  }

  /**
   * Whether oneDNN computes something else in bfloat16 (seen with libtorch 2.10: kernels of 8 and
   * 16, 4 to 12 channels; other shapes of a wide search were right).
   */
  private static boolean isWrong(Tensor weight) {
    return weight.size(1) < 16 && weight.size(2) % 8 == 0;
  }

  private static boolean isRounded() {
    return Torch.precision() == Torch.Precision.BFLOAT16;
  }

  /** [B, C, T] to bfloat16 [B, C, 1, T], channels last in memory. */
  private static Tensor lastChannels(Tensor x) {
    return rounded(x).transpose(1, 2).contiguous().transpose(1, 2).unsqueeze(2);
  }

  private static TensorOptional rounded(TensorOptional x) {
    return x.has_value() ? new TensorOptional(rounded(x.get())) : x;
  }
}

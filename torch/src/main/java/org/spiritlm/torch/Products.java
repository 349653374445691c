package org.spiritlm.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products, convolutions and attention that carry gradients, computed in the precision that
 * {@link Torch#precision()} says: in bfloat16 both factors are rounded, forwards and backwards, and
 * sums are float32. The result has the type of the input, so that a chain of products that begins
 * with a {@linkplain #rounded rounded} input stays in bfloat16.
 *
 * <p>Convolutions in bfloat16 on the CPU have their channels last in memory, and one more axis for
 * oneDNN, which has fast kernels for that alone (measured: 2 to 10 times as fast as float32 over
 * [B, C, T]).
 */
public final class Products {
  /** Parts of a causal product, at most; more save little, and each is an operation. */
  private static final int MOST_PARTS = 4;

  /** Positions of a part, at least. */
  private static final int SHORTEST_PART = 128;

  /** See {@link #laterPositions}; grows. */
  private static volatile @Nullable Tensor later;

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
   * The tensor in float32 where the processor multiplies that faster than what it holds: bfloat16
   * without AVX-512. Otherwise, and where it carries gradients, itself.
   */
  public static Tensor widened(Tensor x) {
    return isSlow(x) ? x.to(DType.F32.scalarType()) : x;
  }

  /** Whether this is bfloat16 that the processor multiplies slowly, and carries no gradients. */
  static boolean isSlow(Tensor x) {
    return x.is_cpu()
        && DType.of(x) == DType.BF16
        && !x.requires_grad()
        && !Torch.hasFastBfloat16();
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
   * @param x any order in memory; channels last is what it is rounded to on the CPU
   */
  public static Tensor convolution(
      Tensor x, Tensor weight, TensorOptional bias, Geometry geometry) {
    if (!isRounded() || (x.is_cpu() && isWrong(weight))) {
      return plain(x.to(weight.scalar_type()), weight, bias, geometry).to(x.scalar_type());
    }
    if (!x.is_cpu()) {
      return plain(rounded(x).contiguous(), rounded(weight), rounded(bias), geometry)
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

  private static Tensor plain(Tensor x, Tensor weight, TensorOptional bias, Geometry geometry) {
    long[] stride = {geometry.stride};
    long[] padding = {geometry.padding};
    long[] dilation = {geometry.dilation};
    return torch.conv1d(x, weight, bias, stride, padding, dilation, geometry.groups);
  }

  /** A transposed convolution: x [B, C, T], weight [C, C' / groups, K], to [B, C', T']. */
  public static Tensor transposedConvolution(
      Tensor x, Tensor weight, TensorOptional bias, Geometry geometry) {
    if (!isRounded() || !x.is_cpu()) {
      return torch
          .conv_transpose1d(
              rounded(x),
              rounded(weight),
              rounded(bias),
              new long[] {geometry.stride},
              new long[] {geometry.padding},
              new long[] {0},
              geometry.groups,
              new long[] {geometry.dilation})
          .to(x.scalar_type());
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
   * Attention: queries [B, H, T, d], keys and values [B, K, T, d] to [B, H, T, d]; query heads
   * share key and value heads in groups where K is less than H.
   *
   * @param causal whether a position does not see those after it
   */
  public static Tensor attention(Tensor queries, Tensor keys, Tensor values, boolean causal) {
    if (!isRounded()) {
      return whole(widened(queries), widened(keys), widened(values), causal)
          .to(queries.scalar_type());
    }
    if (!queries.is_cpu()) {
      return whole(rounded(queries), rounded(keys), rounded(values), causal)
          .to(queries.scalar_type());
    }
    // libtorch's own attention has no bfloat16 products on a processor
    long batch = queries.size(0);
    long length = queries.size(2);
    long width = queries.size(3);
    long shared = keys.size(1);
    Tensor scaled = queries.mul(Tensors.scalar(1 / Math.sqrt((double) width)));
    Tensor rows = rounded(scaled).reshape(batch * shared, -1, length, width); // [B K, H / K, T, d]
    Tensor columns = rounded(keys).reshape(batch * shared, length, width);
    Tensor seen = rounded(values).reshape(batch * shared, length, width);
    Tensor attended = causal ? causal(rows, columns, seen) : attend(rows, columns, seen, null);
    return attended.view(queries.sizes()).to(queries.scalar_type());
  }

  /**
   * The positions in a few parts, of which each has no scores for those after it: queries [B, G, T,
   * d], keys and values [B, T, d] to [B, G, T, d].
   */
  private static Tensor causal(Tensor queries, Tensor keys, Tensor values) {
    long length = keys.size(1);
    long part = Math.max(SHORTEST_PART, (length + MOST_PARTS - 1) / MOST_PARTS);
    Tensor[] queryParts = torch.split(queries, part, 2).get();
    Tensor[] keyParts = torch.split(keys, part, 1).get();
    Tensor[] valueParts = torch.split(values, part, 1).get();
    List<Tensor> attended = new ArrayList<>();
    for (int i = 0; i < queryParts.length; i++) {
      Tensor mask = laterPositions(i * part, queryParts[i].size(2));
      attended.add(attend(queryParts[i], first(keyParts, i + 1), first(valueParts, i + 1), mask));
    }
    return attended.size() == 1 ? attended.get(0) : Tensors.cat(attended, 2);
  }

  /** Copied rather than narrowed: gradients of parts are put together faster than of views. */
  private static Tensor first(Tensor[] parts, int count) {
    return count == 1 ? parts[0] : Tensors.cat(Arrays.asList(parts).subList(0, count), 1);
  }

  /** Queries [B, G, T, d], keys and values [B, L, d], what is added to scores [T, L] or null. */
  private static Tensor attend(Tensor queries, Tensor keys, Tensor values, @Nullable Tensor mask) {
    Tensor rows = queries.reshape(queries.size(0), -1, queries.size(3)); // [B, G T, d]
    Tensor columns = keys.transpose(1, 2);
    Tensor scores;
    if (mask != null && queries.size(1) == 1) {
      scores = torch.baddbmm(mask, rows, columns);
    } else {
      scores = rows.bmm(columns);
      if (mask != null) {
        scores.view(-1, mask.size(0), mask.size(1)).add_(mask);
      }
    }
    return scores.softmax(-1).bmm(values).view(queries.sizes());
  }

  private static Tensor whole(Tensor queries, Tensor keys, Tensor values, boolean causal) {
    boolean grouped = queries.size(1) != keys.size(1);
    return torch.scaled_dot_product_attention(
        queries, keys, values, new TensorOptional(), 0, causal, new DoubleOptional(), grouped);
  }

  /**
   * Minus infinity where a position comes after one of some, otherwise 0, [count, from + count].
   *
   * @param from the first of them
   */
  private static Tensor laterPositions(long from, long count) {
    long known = from + count;
    Tensor all = later;
    if (all == null || all.size(0) < known) {
      // the one before is left to the garbage collector: another thread may be using it
      long size = all == null ? known : Math.max(known, 2 * all.size(0));
      try (Scope scope = Scope.open()) {
        Scalar infinity = new Scalar(Double.NEGATIVE_INFINITY);
        all =
            Scope.detach(
                torch.full(new long[] {size, size}, infinity).triu(1).to(DType.BF16.scalarType()));
      }
      later = all;
    }
    return all.narrow(0, from, count).narrow(1, 0, known);
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

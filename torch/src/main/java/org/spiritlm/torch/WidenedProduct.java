package org.spiritlm.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A product of many rows with a bfloat16 weight where the processor has no instructions for it:
 * there libtorch reads the weight once for each row. Piece by piece the weight is brought to
 * float32, which leaves no second copy of it, and multiplied so; sums were float32 before as well.
 */
final class WidenedProduct {
  /** Rows from which on it is faster: 8 for narrow weights, 12 for wide ones. */
  static final long LEAST_ROWS = 12;

  /** Values of a piece: 4 MiB in float32, which caches hold until it is multiplied. */
  private static final long PIECE = 1 << 20;

  private WidenedProduct() {}

  /** Whether many rows are multiplied faster so with this weight. */
  static boolean isFor(Tensor weight) {
    return Products.isSlow(weight);
  }

  /** Whether these are rows enough; what it gives carries no gradients. */
  static boolean isFor(Tensor x, long in) {
    return x.numel() / Math.max(1, in) >= LEAST_ROWS && !x.requires_grad();
  }

  /** {@code x W^T + b}, with the type of x; x [.., in], weight [out, in], bias [out] or none. */
  static Tensor linear(Tensor x, Tensor weight, TensorOptional bias) {
    long out = weight.size(0);
    long in = weight.size(1);
    long most = Math.min(out, Math.max(1, PIECE / Math.max(1, in)));
    long last = x.dim() - 1;
    long[] shape = x.sizes().vec().get();
    shape[(int) last] = out;
    try (Scope scope = Scope.open()) {
      Tensor wide = x.to(DType.F32.scalarType());
      Tensor piece = Tensors.empty(DType.F32, most, in);
      TensorOptional none = new TensorOptional();
      Tensor whole = Tensors.empty(DType.of(x), shape);
      for (long at = 0; at < out; at += most) {
        long count = Math.min(most, out - at);
        try (Scope each = Scope.open()) { // frees the product of each piece
          Tensor rows = piece.narrow(0, 0, count).copy_(weight.narrow(0, at, count));
          Tensor product = torch.linear(wide, rows, none);
          if (bias.has_value()) {
            product.add_(bias.get().narrow(0, at, count));
          }
          whole.narrow(last, at, count).copy_(product);
        }
      }
      return scope.keep(whole);
    }
  }
}

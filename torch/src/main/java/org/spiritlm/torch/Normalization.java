package org.spiritlm.torch;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer norm and RMS norm over the last axis, group norm over channels; each takes {@code weight}
 * (and {@code bias}).
 */
public final class Normalization {
  private static final ScalarOptional TWO = Scope.release(new ScalarOptional(new Scalar(2)));

  private enum Kind {
    LAYER,
    RMS,
    GROUP
  }

  private final Kind kind;
  private final long size;
  private final double epsilon;
  private final TensorOptional weight;
  private final TensorOptional bias;
  private final Tensor zeros;
  private final Tensor scaled; // the weight, for vectors of length 1, in float32
  private final Tensor least; // length that is added to a vector's, at a right angle, [1, 1]
  private final boolean learns; // then all ways through it are rounded alike

  private Normalization(Kind kind, Weights weights, long width, long size, double epsilon) {
    this.kind = kind;
    this.size = size;
    this.epsilon = epsilon;
    this.weight = Linear.optional(weights.tensor("weight", Initializer.ones(), width));
    this.bias =
        kind == Kind.RMS
            ? Linear.none()
            : Linear.optional(weights.tensor("bias", Initializer.zeros(), width));
    this.learns = weights.areLearning();
    try (Scope scope = Scope.open()) {
      this.zeros = Scope.detach(torch.zeros_like(weight.get()));
      double root = Math.sqrt((double) size);
      Tensor wide = weight.get().to(DType.F32.scalarType());
      this.scaled = Scope.detach(wide.mul(Tensors.scalar(root)));
      this.least =
          Scope.detach(
              torch.full_like(
                  wide.narrow(0, 0, 1).view(1, 1), new Scalar(root * Math.sqrt(epsilon))));
    }
  }

  /** Layer norm over a last axis of this width. */
  public static Normalization layer(Weights weights, long width, double epsilon) {
    return new Normalization(Kind.LAYER, weights, width, width, epsilon);
  }

  /** Root-mean-square norm over a last axis of this width. */
  public static Normalization rms(Weights weights, long width, double epsilon) {
    return new Normalization(Kind.RMS, weights, width, width, epsilon);
  }

  /** Group norm over [B, C, T]. */
  public static Normalization group(Weights weights, long groups, long channels, double epsilon) {
    return new Normalization(Kind.GROUP, weights, channels, groups, epsilon);
  }

  /** An RMS norm of rows [N, D] in float32 on its way forward, to be gone back through. */
  public RmsPass pass(Tensor x) {
    if (kind != Kind.RMS) {
      throw new IllegalStateException("only RMS norms are gone back through by hand");
    }
    return new RmsPass(x, weight.get(), epsilon);
  }

  public Tensor forward(Tensor x) {
    if (kind == Kind.RMS && x.dim() == 2 && x.is_cpu() && !learns) {
      if (x.size(0) == 1) {
        return row(x);
      }
      if (DType.of(x) == DType.F32) {
        return rows(x);
      }
    }
    if (kind != Kind.RMS && !x.is_cpu() && DType.of(x) != DType.of(weight.get())) {
      // kernels of a GPU take values and weights of one type alone
      return normalised(x.to(weight.get().scalar_type())).to(x.scalar_type());
    }
    return normalised(x);
  }

  private Tensor normalised(Tensor x) {
    return switch (kind) {
      case LAYER -> torch.layer_norm(x, new long[] {size}, weight, bias, epsilon, false);
      case RMS -> torch.rms_norm(x, new long[] {size}, weight, new DoubleOptional(epsilon));
      case GROUP -> torch.group_norm(x, size, weight, bias, epsilon, false);
    };
  }

  /** RMS norm of one row in two operations; libtorch takes eight, which is felt at each token. */
  private Tensor row(Tensor x) {
    double length = x.norm(TWO, DType.F32.scalarType()).item_double();
    double scale = 1 / Math.sqrt(length * length / size + epsilon);
    return torch.addcmul(zeros, x, weight.get(), new Scalar(scale));
  }

  /**
   * The same of several rows in four: what libtorch makes of it takes two to three times as long.
   * The root of the width is in the weight and in epsilon rather than in the length.
   */
  private Tensor rows(Tensor x) {
    Tensor length = x.norm(TWO, new long[] {1}, true).hypot_(least); // [N, 1]
    return x.div(length).mul_(scaled);
  }
}

package org.spiritlm.units.pitch;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * Attention linear in time by positive random features (FAVOR+; Choromanski et al., "Rethinking
 * Attention with Performers", 2021).
 */
final class FavorAttention {
  /** Width of a head, whatever the network's width. */
  private static final int HEAD = 64;

  private static final int FEATURES = (int) (HEAD * Math.log(HEAD));
  private static final double FEATURE_FLOOR = 1e-4;
  private static final double DIVISION_FLOOR = 1e-8;

  private final int heads;
  private final boolean normalised;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final Tensor projection; // [F, d]

  FavorAttention(Weights weights, FcpeConfig config) {
    this.heads = config.heads();
    this.normalised = config.normalisedAttention();
    long width = config.width();
    long inner = (long) heads * HEAD;
    this.query = new Linear(weights.at("to_q"), width, inner);
    this.key = new Linear(weights.at("to_k"), width, inner);
    this.value = new Linear(weights.at("to_v"), width, inner);
    this.out = new Linear(weights.at("to_out"), inner, width);
    this.projection =
        weights
            .at("fast_attention")
            .tensor("projection_matrix", Initializer.normal(1), FEATURES, HEAD);
  }

  Tensor forward(Tensor x) {
    Tensor q = features(split(query.forward(x)), true); // [H, T, F]
    Tensor k = features(split(key.forward(x)), false); // [H, T, F]
    Tensor v = split(value.forward(x)); // [H, T, d]
    Tensor total = sum(k, 1).unsqueeze(2); // [H, F, 1]
    Tensor weight = q.matmul(total).add_(Tensors.scalar(DIVISION_FLOOR)); // [H, T, 1]
    Tensor context = k.transpose(1, 2).matmul(v); // [H, F, d]
    Tensor mixed = q.matmul(context).div_(weight); // [H, T, d]
    return out.forward(mixed.transpose(0, 1).reshape(x.size(0), (long) heads * HEAD));
  }

  private Tensor split(Tensor x) {
    return x.view(x.size(0), heads, HEAD).transpose(0, 1); // [H, T, d]
  }

  /** exp(w x - |x|² / 2) for random w: their products average to the softmax kernel. */
  private Tensor features(Tensor x, boolean isQuery) {
    Tensor unit = x;
    if (normalised) {
      unit = x.div(sum(x.square(), -1).sqrt_().add_(Tensors.scalar(DIVISION_FLOOR)).unsqueeze(-1));
    }
    Tensor scaled = unit.mul(Tensors.scalar(Math.pow(HEAD, -0.25)));
    Tensor exponent = scaled.matmul(projection.t()); // [H, T, F]
    Tensor half = sum(scaled.square(), -1).mul_(Tensors.scalar(0.5)).unsqueeze(-1); // [H, T, 1]
    double ratio = 1 / Math.sqrt(FEATURES);
    if (isQuery) {
      Tensor largest = exponent.amax(new long[] {-1}, true);
      exponent.sub_(half).sub_(largest).exp_().add_(Tensors.scalar(FEATURE_FLOOR));
    } else {
      exponent.sub_(half).add_(Tensors.scalar(FEATURE_FLOOR)).exp_();
    }
    return exponent.mul_(Tensors.scalar(ratio));
  }

  private static Tensor sum(Tensor x, long axis) {
    return x.sum(new long[] {axis}, false, new ScalarTypeOptional());
  }
}

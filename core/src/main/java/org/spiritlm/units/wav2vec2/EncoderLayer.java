package org.spiritlm.units.wav2vec2;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Weights;

/** One transformer block over all frames, with its norms before or after each half. */
final class EncoderLayer {
  private final long heads;
  private final boolean preNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final Normalization attentionNorm;
  private final Linear inner;
  private final Linear outer;
  private final Normalization feedForwardNorm;

  EncoderLayer(Weights weights, Wav2Vec2Config config) {
    int width = config.width();
    this.heads = config.heads();
    this.preNorm = config.preNorm();
    this.query = new Linear(weights.at("attention", "q_proj"), width, width);
    this.key = new Linear(weights.at("attention", "k_proj"), width, width);
    this.value = new Linear(weights.at("attention", "v_proj"), width, width);
    this.output = new Linear(weights.at("attention", "out_proj"), width, width);
    this.attentionNorm = Normalization.layer(weights.at("layer_norm"), width, config.epsilon());
    this.inner =
        new Linear(weights.at("feed_forward", "intermediate_dense"), width, config.feedForward());
    this.outer =
        new Linear(weights.at("feed_forward", "output_dense"), config.feedForward(), width);
    this.feedForwardNorm =
        Normalization.layer(weights.at("final_layer_norm"), width, config.epsilon());
  }

  /** [T, D] to [T, D]. */
  Tensor forward(Tensor x) {
    if (preNorm) {
      Tensor h = attention(attentionNorm.forward(x)).add_(x);
      return feedForward(feedForwardNorm.forward(h)).add_(h);
    }
    Tensor h = attentionNorm.forward(attention(x).add_(x));
    return feedForwardNorm.forward(feedForward(h).add_(h));
  }

  private Tensor attention(Tensor x) {
    Tensor attended =
        torch.scaled_dot_product_attention(
            split(query.forward(x)),
            split(key.forward(x)),
            split(value.forward(x)),
            new TensorOptional(),
            0,
            false,
            new DoubleOptional(),
            false); // [1, H, T, D/H]
    return output.forward(attended.transpose(1, 2).reshape(x.size(0), x.size(1))); // [T, D]
  }

  private Tensor split(Tensor x) {
    return x.view(1, x.size(0), heads, -1).transpose(1, 2); // [1, H, T, D/H]
  }

  private Tensor feedForward(Tensor x) {
    return outer.forward(torch.gelu_(inner.forward(x))); // [T, D]
  }
}

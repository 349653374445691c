package org.spiritlm.units.wav2vec2;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Tensors;
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

  /**
   * [ΣT, D] to [ΣT, D].
   *
   * @param x the frames of several utterances, one after another
   * @param frames how many each of them has; none attends to another's
   */
  Tensor forward(Tensor x, List<Long> frames) {
    if (preNorm) {
      Tensor h = attention(attentionNorm.forward(x), frames).add_(x);
      return feedForward(feedForwardNorm.forward(h)).add_(h);
    }
    Tensor h = attentionNorm.forward(attention(x, frames).add_(x));
    return feedForwardNorm.forward(feedForward(h).add_(h));
  }

  private Tensor attention(Tensor x, List<Long> frames) {
    Tensor queries = query.forward(x);
    Tensor keys = key.forward(x);
    Tensor values = value.forward(x);
    List<Tensor> attended = new ArrayList<>();
    long start = 0;
    for (long count : frames) {
      attended.add(
          attend(
              queries.narrow(0, start, count),
              keys.narrow(0, start, count),
              values.narrow(0, start, count)));
      start += count;
    }
    return output.forward(attended.size() == 1 ? attended.get(0) : Tensors.cat(attended, 0));
  }

  /** One utterance's attention, [T, D]. */
  private Tensor attend(Tensor query, Tensor key, Tensor value) {
    Tensor attended =
        torch.scaled_dot_product_attention(
            split(query),
            split(key),
            split(value),
            new TensorOptional(),
            0,
            false,
            new DoubleOptional(),
            false); // [1, H, T, D/H]
    return attended.transpose(1, 2).reshape(query.size(0), query.size(1)); // [T, D]
  }

  private Tensor split(Tensor x) {
    return x.view(1, x.size(0), heads, -1).transpose(1, 2); // [1, H, T, D/H]
  }

  private Tensor feedForward(Tensor x) {
    return outer.forward(torch.gelu_(inner.forward(x))); // [T, D]
  }
}

package org.spiritlm.training.speech;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/** One transformer block as plain operations that carry gradients. */
final class TrainableBlock {
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

  /**
   * Waveforms of one length whose frames are rows.
   *
   * @param count how many B
   * @param frames of each F
   */
  record Group(long count, long frames) {
    long rows() {
      return count * frames;
    }
  }

  TrainableBlock(Weights weights, Wav2Vec2Config config) {
    int width = config.width();
    Weights attention = weights.at("attention");
    Weights feedForward = weights.at("feed_forward");
    this.heads = config.heads();
    this.preNorm = config.preNorm();
    this.query = new Linear(attention.at("q_proj"), width, width);
    this.key = new Linear(attention.at("k_proj"), width, width);
    this.value = new Linear(attention.at("v_proj"), width, width);
    this.output = new Linear(attention.at("out_proj"), width, width);
    this.attentionNorm = Normalization.layer(weights.at("layer_norm"), width, config.epsilon());
    this.inner = new Linear(feedForward.at("intermediate_dense"), width, config.feedForward());
    this.outer = new Linear(feedForward.at("output_dense"), config.feedForward(), width);
    this.feedForwardNorm =
        Normalization.layer(weights.at("final_layer_norm"), width, config.epsilon());
  }

  /** [R, D] to [R, D]; a waveform's frames attend to each other and to nothing else. */
  Tensor forward(Tensor x, List<Group> groups, Noise noise) {
    if (preNorm) {
      Tensor h = x.add(noise.dropout(attention(attentionNorm.forward(x), groups)));
      return h.add(noise.dropout(feedForward(feedForwardNorm.forward(h), noise)));
    }
    Tensor h = attentionNorm.forward(x.add(noise.dropout(attention(x, groups))));
    return feedForwardNorm.forward(h.add(noise.dropout(feedForward(h, noise))));
  }

  private Tensor attention(Tensor x, List<Group> groups) {
    Tensor rounded = Products.rounded(x);
    Tensor q = query.forward(rounded);
    Tensor k = key.forward(rounded);
    Tensor v = value.forward(rounded);
    List<Tensor> attended = new ArrayList<>();
    TensorVector queries = parts(q, groups);
    TensorVector keys = parts(k, groups);
    TensorVector values = parts(v, groups);
    for (int i = 0; i < groups.size(); i++) {
      Group group = groups.get(i);
      Tensor y =
          Products.attention(
              heads(queries.get(i), group),
              heads(keys.get(i), group),
              heads(values.get(i), group),
              false); // [B, H, F, D/H]
      attended.add(y.transpose(1, 2).reshape(group.rows(), x.size(1)));
    }
    return output.forward(joined(attended));
  }

  private Tensor heads(Tensor x, Group group) {
    return x.view(group.count(), group.frames(), heads, -1).transpose(1, 2); // [B, H, F, D/H]
  }

  /** The rows of each group; their gradients are put together once, not one by one. */
  static TensorVector parts(Tensor x, List<Group> groups) {
    return torch.split_with_sizes(x, groups.stream().mapToLong(Group::rows).toArray(), 0);
  }

  private Tensor feedForward(Tensor x, Noise noise) {
    return outer.forward(noise.dropout(torch.gelu(inner.forward(Products.rounded(x)))));
  }

  /** Rows one after another. */
  static Tensor joined(List<Tensor> rows) {
    return rows.size() == 1 ? rows.get(0) : Tensors.cat(rows, 0);
  }
}

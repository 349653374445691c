package org.spiritlm.lm;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.JointLinear;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/** One transformer block: attention, then a gated feed-forward part (SwiGLU). */
final class LlamaBlock {
  private final Normalization attentionNorm;
  private final Attention attention;
  private final Normalization feedForwardNorm;
  private final JointLinear gateAndUp;
  private final Linear down;

  LlamaBlock(Weights weights, LlamaConfig config, int layer, RotaryEmbedding rotary) {
    int width = config.width();
    int inner = config.feedForward();
    boolean bias = config.feedForwardBias();
    this.attentionNorm = Normalization.rms(weights.at("input_layernorm"), width, config.epsilon());
    this.attention = new Attention(weights.at("self_attn"), config, layer, rotary);
    this.feedForwardNorm =
        Normalization.rms(weights.at("post_attention_layernorm"), width, config.epsilon());
    this.gateAndUp =
        new JointLinear(
            weights.at("mlp"),
            LlamaModel.INITIALIZER,
            width,
            bias,
            List.of("gate_proj", "up_proj"),
            inner,
            inner);
    this.down =
        new Linear(weights.at("mlp", "down_proj"), LlamaModel.INITIALIZER, inner, width, bias);
  }

  Normalization attentionNorm() {
    return attentionNorm;
  }

  Attention attention() {
    return attention;
  }

  Normalization feedForwardNorm() {
    return feedForwardNorm;
  }

  JointLinear gateAndUp() {
    return gateAndUp;
  }

  Linear down() {
    return down;
  }

  /**
   * [N, D] to [N, D], or to those that the step needs; all but the result is freed, so that blocks
   * share memory.
   */
  Tensor forward(Tensor x, Step step) {
    try (Scope scope = Scope.open()) {
      Tensor h = sum(attention.forward(attentionNorm.forward(x), step), step.needed(x));
      return scope.keep(sum(feedForward(feedForwardNorm.forward(h)), h));
    }
  }

  /** In the place of the change, unless that is rounded. */
  private static Tensor sum(Tensor change, Tensor x) {
    return change.scalar_type() == x.scalar_type() ? change.add_(x) : x.add(change);
  }

  private Tensor feedForward(Tensor x) {
    List<Tensor> gateAndUp = this.gateAndUp.each(Products.rounded(x)); // two [N, F]
    Tensor gate = gateAndUp.get(0);
    Tensor opened = gate.requires_grad() ? torch.silu(gate) : torch.silu_(gate);
    return down.forward(opened.mul(gateAndUp.get(1)));
  }
}

package org.spiritlm.lm;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Weights;

/** One transformer block: attention, then a gated feed-forward part (SwiGLU). */
final class LlamaBlock {
  private final Normalization attentionNorm;
  private final Attention attention;
  private final Normalization feedForwardNorm;
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  LlamaBlock(Weights weights, LlamaConfig config, int layer, RotaryEmbedding rotary) {
    int width = config.width();
    int inner = config.feedForward();
    boolean bias = config.feedForwardBias();
    this.attentionNorm = Normalization.rms(weights.at("input_layernorm"), width, config.epsilon());
    this.attention = new Attention(weights.at("self_attn"), config, layer, rotary);
    this.feedForwardNorm =
        Normalization.rms(weights.at("post_attention_layernorm"), width, config.epsilon());
    this.gate = LlamaModel.linear(weights.at("mlp", "gate_proj"), width, inner, bias);
    this.up = LlamaModel.linear(weights.at("mlp", "up_proj"), width, inner, bias);
    this.down = LlamaModel.linear(weights.at("mlp", "down_proj"), inner, width, bias);
  }

  /** [N, D] to [N, D]; all but the result is freed, so that blocks share memory. */
  Tensor forward(Tensor x, Step step) {
    try (Scope scope = Scope.open()) {
      Tensor h = attention.forward(attentionNorm.forward(x), step).add_(x);
      return scope.keep(feedForward(feedForwardNorm.forward(h)).add_(h));
    }
  }

  private Tensor feedForward(Tensor x) {
    return down.forward(torch.silu_(gate.forward(x)).mul_(up.forward(x)));
  }
}

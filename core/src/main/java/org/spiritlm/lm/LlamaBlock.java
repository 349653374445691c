package org.spiritlm.lm;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.JointLinear;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
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

  /** [N, D] to [N, D]; all but the result is freed, so that blocks share memory. */
  Tensor forward(Tensor x, Step step) {
    try (Scope scope = Scope.open()) {
      Tensor h = attention.forward(attentionNorm.forward(x), step).add_(x);
      return scope.keep(feedForward(feedForwardNorm.forward(h)).add_(h));
    }
  }

  private Tensor feedForward(Tensor x) {
    List<Tensor> gateAndUp = this.gateAndUp.each(x); // two [N, F]
    return down.forward(torch.silu_(gateAndUp.get(0)).mul(gateAndUp.get(1)));
  }
}

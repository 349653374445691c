package org.spiritlm.lm;

import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.NetworkPart;
import org.spiritlm.torch.Pass;
import org.spiritlm.torch.RmsPass;
import org.spiritlm.torch.Scope;

/** A {@link LlamaBlock} whose norms and gate are gone back through by hand. */
final class BlockPass implements Pass {
  private final RmsPass attentionNorm;
  private final NetworkPart attention;
  private final RmsPass feedForwardNorm;
  private final NetworkPart gateAndUp;
  private final GatePass gate;
  private final NetworkPart down;
  private final Tensor values; // [N, D]

  /**
   * @param x float32, [N, D]
   */
  BlockPass(LlamaBlock block, Tensor x, Step step) {
    try (Scope scope = Scope.open()) {
      this.attentionNorm = block.attentionNorm().pass(x);
      this.attention =
          new NetworkPart(attentionNorm.values(), h -> block.attention().forward(h, step));
      Tensor between = x.detach().add(attention.values());
      this.feedForwardNorm = block.feedForwardNorm().pass(between);
      this.gateAndUp = new NetworkPart(feedForwardNorm.values(), block.gateAndUp()::forward);
      this.gate = new GatePass(gateAndUp.values());
      this.down = new NetworkPart(gate.values(), block.down()::forward);
      this.values = Scope.detach(between.add_(down.values()));
    }
  }

  /** [N, D]. */
  @Override
  public Tensor values() {
    return values;
  }

  /** Float32, [N, D], is changed to that of the input. */
  @Override
  public Tensor backward(Tensor gradient) {
    try (Scope scope = Scope.open()) {
      Tensor ofBoth = gate.backward(down.backward(gradient));
      feedForwardNorm.backward(gateAndUp.backward(ofBoth), gradient);
      attentionNorm.backward(attention.backward(gradient), gradient);
    }
    return gradient;
  }

  @Override
  public void close() {
    Scope.free(values);
    down.close();
    gate.close();
    gateAndUp.close();
    feedForwardNorm.close();
    attention.close();
    attentionNorm.close();
  }
}

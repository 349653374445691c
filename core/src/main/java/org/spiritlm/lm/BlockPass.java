package org.spiritlm.lm;

import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.NetworkPart;
import org.spiritlm.torch.RmsPass;
import org.spiritlm.torch.Scope;

/** A {@link LlamaBlock} on its way forward, to be gone back through once. */
final class BlockPass implements AutoCloseable {
  private final RmsPass attentionNorm;
  private final NetworkPart attention;
  private final RmsPass feedForwardNorm;
  private final NetworkPart gateAndUp;
  private final GatePass gate;
  private final NetworkPart down;
  private final Tensor output; // [N, D]

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
      this.output = Scope.detach(between.add_(down.values()));
    }
  }

  /** What the block gives, [N, D]. */
  Tensor output() {
    return output;
  }

  /**
   * Adds the parameters' gradients.
   *
   * @param gradient of the output, float32, [N, D]; is changed to that of the input
   */
  void backward(Tensor gradient) {
    try (Scope scope = Scope.open()) {
      Tensor ofBoth = gate.backward(down.backward(gradient));
      feedForwardNorm.backward(gateAndUp.backward(ofBoth), gradient);
      attentionNorm.backward(attention.backward(gradient), gradient);
    }
  }

  @Override
  public void close() {
    Scope.free(output);
    down.close();
    gate.close();
    gateAndUp.close();
    feedForwardNorm.close();
    attention.close();
    attentionNorm.close();
  }
}

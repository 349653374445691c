package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Pass;
import org.spiritlm.torch.Scope;

/**
 * The way of some pieces through a model whose weights are {@linkplain
 * org.spiritlm.torch.Weights#areLearning learning}, and back with gradients. What lies between the
 * products of a block is gone back through by hand on a CPU, in fewer operations than libtorch
 * takes.
 *
 * <p>It is made and used in one scope, once.
 */
public final class LearningPass implements AutoCloseable {
  private final LlamaModel.Passage passage;
  private final boolean byHand;
  private final Tensor embedded;
  private final List<Pass> passes = new ArrayList<>();
  private final List<Tensor> inputs = new ArrayList<>(); // of each block, where recomputed
  private final Tensor output;

  /**
   * Goes forward.
   *
   * @param recompute whether to keep what goes into each block alone, and to compute the rest again
   *     on the way back (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): less
   *     memory, and a third more time
   * @throws org.spiritlm.torch.InputException if an id is not in the vocabulary
   */
  public LearningPass(LlamaModel model, List<Piece> pieces, boolean recompute) {
    // a GPU has norms of its own, which are one operation
    this(model, pieces, recompute, model.device().kind() == Device.Kind.CPU);
  }

  LearningPass(LlamaModel model, List<Piece> pieces, boolean recompute, boolean byHand) {
    this.byHand = byHand;
    this.passage = model.new Passage(pieces);
    this.embedded = passage.embed();
    Tensor x = embedded.detach();
    for (int i = 0; i < model.config().layers(); i++) {
      if (recompute) {
        inputs.add(x);
        try (NoGradients none = NoGradients.open();
            Pass pass = passage.learn(i, x, byHand)) {
          x = pass.values().detach();
        }
      } else {
        Pass pass = passage.learn(i, x, byHand);
        passes.add(pass);
        x = pass.values();
      }
    }
    this.output = x;
  }

  /** What the last block gave, [N, D], without gradients. */
  public Tensor output() {
    return output;
  }

  /** That or a copy, for {@link LlamaModel#logits}: [N, D] to [N, D], with gradients. */
  public Tensor normalize(Tensor states) {
    return passage.normalize(states);
  }

  /**
   * Goes back, and adds the gradients of all parameters before the last norm.
   *
   * @param gradient of the output, float32, [N, D]; may be changed
   */
  public void backward(Tensor gradient) {
    Tensor current = Scope.detach(gradient);
    for (int i = inputs.size() - 1; i >= 0; i--) {
      current = back(passage.learn(i, inputs.get(i), byHand), current);
    }
    while (!passes.isEmpty()) {
      current = back(passes.remove(passes.size() - 1), current);
    }
    if (embedded.requires_grad()) { // a frozen table gathers none
      Gradients.backward(embedded, current);
    }
    Scope.free(current);
  }

  /** The gradient before a block; that after it and what the block kept are freed. */
  private static Tensor back(Pass block, Tensor gradient) {
    try (Scope scope = Scope.open();
        block) {
      return Scope.detach(block.backward(gradient));
    } finally {
      Scope.free(gradient);
    }
  }

  @Override
  public void close() {
    passes.forEach(Pass::close);
  }
}

package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.spiritlm.torch.NoGradients;

/**
 * The way of some pieces through a model whose weights are {@linkplain
 * org.spiritlm.torch.Weights#areLearning learning}, and back with gradients. What lies between the
 * products of a block is gone back through by hand, in fewer operations than libtorch takes.
 *
 * <p>It is made and used in one scope, once.
 */
public final class LearningPass implements AutoCloseable {
  private final LlamaModel.Passage passage;
  private final Tensor embedded;
  private final List<BlockPass> passes = new ArrayList<>();
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
    this.passage = model.new Passage(pieces);
    this.embedded = passage.embed();
    Tensor x = embedded.detach();
    for (int i = 0; i < model.config().layers(); i++) {
      if (recompute) {
        inputs.add(x);
        try (NoGradients none = NoGradients.open();
            BlockPass pass = passage.learn(i, x)) {
          x = pass.output().detach();
        }
      } else {
        BlockPass pass = passage.learn(i, x);
        passes.add(pass);
        x = pass.output();
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
   * @param gradient of the output, float32, [N, D]; is changed
   */
  public void backward(Tensor gradient) {
    for (int i = inputs.size() - 1; i >= 0; i--) {
      try (BlockPass pass = passage.learn(i, inputs.get(i))) {
        pass.backward(gradient);
      }
    }
    while (!passes.isEmpty()) {
      try (BlockPass pass = passes.remove(passes.size() - 1)) {
        pass.backward(gradient);
      }
    }
    if (embedded.requires_grad()) { // a frozen table gathers none
      embedded.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    }
  }

  @Override
  public void close() {
    passes.forEach(BlockPass::close);
  }
}

package org.spiritlm.training.language;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;

/**
 * The gradients of {@link NextTokenLoss} in less memory (Chen et al., "Training Deep Nets with
 * Sublinear Memory Cost", 2016): only what goes into each block is kept on the way forward, and on
 * the way back each block is computed again. A step costs a third more.
 */
final class Recomputation {
  private Recomputation() {}

  /**
   * Adds the gradients of a loss, times a factor.
   *
   * @return the loss: the sum over all targets of the documents
   */
  static double backward(LlamaModel model, List<TrainingDocument> documents, double factor) {
    NextTokenLoss loss = new NextTokenLoss(model);
    int blocks = model.config().layers();
    try (Scope scope = Scope.open()) {
      LlamaModel.Passage passage = model.new Passage(NextTokenLoss.pieces(documents));
      List<Tensor> inputs = new ArrayList<>(); // of each block, then of the norm
      try (NoGradients none = NoGradients.open()) {
        inputs.add(passage.embed());
        for (int i = 0; i < blocks; i++) {
          inputs.add(passage.block(i, inputs.get(i)));
        }
      }
      double sum;
      Tensor gradient;
      try (Scope head = Scope.open()) {
        Tensor last = leaf(inputs.get(blocks));
        sum = loss.backward(documents, passage.normalize(last), factor);
        gradient = head.keep(last.grad());
      }
      for (int i = blocks - 1; i >= 0; i--) {
        try (Scope block = Scope.open()) {
          Tensor input = leaf(inputs.get(i));
          backward(passage.block(i, input), gradient);
          gradient = block.keep(input.grad());
        }
      }
      Tensor embedded = passage.embed();
      if (embedded.requires_grad()) { // a frozen table gathers none
        backward(embedded, gradient);
      }
      return sum;
    }
  }

  private static Tensor leaf(Tensor values) {
    Tensor leaf = values.detach();
    leaf.set_requires_grad(true);
    return leaf;
  }

  private static void backward(Tensor output, Tensor gradient) {
    output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
  }
}

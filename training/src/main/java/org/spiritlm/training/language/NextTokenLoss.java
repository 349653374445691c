package org.spiritlm.training.language;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * How badly a model predicts the next tokens of documents: the negative log-likelihood (natural
 * logarithm) of what is to be learnt.
 *
 * <p>Documents stand one after another without padding and do not attend to each other.
 */
public final class NextTokenLoss {
  private final LlamaModel model;

  public NextTokenLoss(LlamaModel model) {
    this.model = model;
  }

  /**
   * The sum over all targets of the documents, a scalar that carries gradients; it belongs to the
   * enclosing scope.
   *
   * @throws org.spiritlm.torch.InputException if an id is not in the vocabulary
   */
  public Tensor sum(List<TrainingDocument> documents) {
    try (Scope scope = Scope.open()) {
      return scope.keep(sum(documents, model.read(pieces(documents))));
    }
  }

  /**
   * Adds the gradients of the sum, times a factor.
   *
   * @return the sum
   */
  double backward(List<TrainingDocument> documents, double factor) {
    try (Scope scope = Scope.open()) {
      Tensor sum = sum(documents);
      sum.mul(Tensors.scalar(factor)).backward();
      return sum.item_double();
    }
  }

  /** The documents as the model reads them. */
  static List<Piece> pieces(List<TrainingDocument> documents) {
    return documents.stream().map(one -> Piece.alone(one.ids())).toList();
  }

  /** The same from the state after each id of the documents, [N, D]. */
  Tensor sum(List<TrainingDocument> documents, Tensor states) {
    int targets = documents.stream().mapToInt(TrainingDocument::targets).sum();
    int[] rows = new int[targets];
    int[] wanted = new int[targets];
    int at = 0;
    int row = 0;
    for (TrainingDocument document : documents) {
      for (int i = 1; i < document.ids().length; i++) {
        if (document.learnt()[i]) {
          rows[at] = row + i - 1;
          wanted[at++] = document.ids()[i];
        }
      }
      row += document.ids().length;
    }
    try (Scope scope = Scope.open()) {
      Tensor index = model.device().place(Tensors.of(rows));
      Tensor logits = model.logits(states.index_select(0, index)); // [targets, V]
      Tensor target = model.device().place(Tensors.of(wanted)).unsqueeze(1);
      return scope.keep(logits.log_softmax(1).gather(1, target).sum().neg());
    }
  }
}

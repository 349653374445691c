package org.spiritlm.training.language;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.lm.LearningPass;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.lm.Piece;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Gradients;
import org.spiritlm.torch.NoGradients;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/**
 * How badly a model predicts the next tokens of documents: the negative log-likelihood (natural
 * logarithm) of what is to be learnt.
 *
 * <p>Documents stand one after another without padding and do not attend to each other. Scores for
 * the whole vocabulary exist for some targets at a time, with their gradients, so that they stay in
 * a processor's cache and a large vocabulary needs no more memory than a small one.
 */
public final class NextTokenLoss {
  /** Targets whose scores exist together, on a CPU and on a GPU. */
  private static final int IN_CACHE = 512;

  private static final int ON_GPU = 16_384;

  private final LlamaModel model;
  private final int together;

  public NextTokenLoss(LlamaModel model) {
    this.model = model;
    this.together = model.device().kind() == Device.Kind.CPU ? IN_CACHE : ON_GPU;
  }

  /**
   * The sum over all targets of the documents, without gradients.
   *
   * @throws org.spiritlm.torch.InputException if an id is not in the vocabulary
   */
  public double sum(List<TrainingDocument> documents) {
    try (NoGradients none = NoGradients.open();
        Scope scope = Scope.open()) {
      Targets targets = Targets.of(documents);
      Tensor states = states(model.read(pieces(documents)), targets);
      Tensor wanted = model.device().place(Tensors.of(targets.wanted()));
      List<Tensor> sums = new ArrayList<>();
      for (int from = 0; from < targets.count(); from += together) {
        try (Scope part = Scope.open()) {
          int count = upTo(targets, from);
          sums.add(part.keep(sum(states.narrow(0, from, count), wanted.narrow(0, from, count))));
        }
      }
      return total(sums);
    }
  }

  /**
   * Adds the gradients of the sum, times a factor.
   *
   * @param recompute whether to take less memory and more time, see {@link LearningPass}
   * @return the sum
   * @throws org.spiritlm.torch.InputException if an id is not in the vocabulary
   */
  public double backward(List<TrainingDocument> documents, double factor, boolean recompute) {
    try (Scope scope = Scope.open();
        LearningPass pass = new LearningPass(model, pieces(documents), recompute)) {
      double sum;
      Tensor gradient;
      try (Scope head = Scope.open()) {
        Tensor last = pass.output().detach();
        last.set_requires_grad(true);
        sum = backward(documents, pass.normalize(last), factor);
        gradient = head.keep(last.grad());
      }
      pass.backward(gradient);
      return sum;
    }
  }

  /** The documents as the model reads them. */
  private static List<Piece> pieces(List<TrainingDocument> documents) {
    return documents.stream().map(one -> Piece.alone(one.ids())).toList();
  }

  /** The same from the state after each id of the documents, [N, D]. */
  private double backward(List<TrainingDocument> documents, Tensor all, double factor) {
    try (Scope scope = Scope.open()) {
      Targets targets = Targets.of(documents);
      Tensor states = states(all, targets);
      Tensor wanted = model.device().place(Tensors.of(targets.wanted()));
      List<Tensor> gradients = new ArrayList<>();
      List<Tensor> sums = new ArrayList<>();
      for (int from = 0; from < targets.count(); from += together) {
        try (Scope part = Scope.open()) {
          int count = upTo(targets, from);
          Tensor some = states.narrow(0, from, count).detach();
          some.set_requires_grad(true);
          Tensor found = sum(some, wanted.narrow(0, from, count));
          found.mul(Tensors.scalar(factor)).backward();
          gradients.add(part.keep(some.grad()));
          sums.add(part.keep(found.detach()));
        }
      }
      Gradients.backward(states, Tensors.cat(gradients, 0));
      return total(sums);
    }
  }

  /** How many targets go together from one on. */
  private int upTo(Targets targets, int from) {
    return Math.min(together, targets.count() - from);
  }

  /** All together; a GPU is waited for here alone. */
  private static double total(List<Tensor> sums) {
    double total = 0;
    if (!sums.isEmpty()) {
      for (double sum : Tensors.numbers(sums.toArray(Tensor[]::new))) {
        total += sum;
      }
    }
    return total;
  }

  /** The states from which targets are predicted, [targets, D]. */
  private Tensor states(Tensor all, Targets targets) {
    return all.index_select(0, model.device().place(Tensors.of(targets.rows())));
  }

  /** The sum over targets, as many as there are states; a scalar. */
  private Tensor sum(Tensor states, Tensor wanted) {
    Tensor scores = model.logits(states).log_softmax(1); // [targets, V]
    return scores.gather(1, wanted.unsqueeze(1)).sum().neg();
  }

  /**
   * What is to be predicted.
   *
   * @param rows of the ids from which, in those of all documents
   * @param wanted the ids that come next
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody changes them
  private record Targets(int[] rows, int[] wanted) {
    static Targets of(List<TrainingDocument> documents) {
      int count = documents.stream().mapToInt(TrainingDocument::targets).sum();
      Targets targets = new Targets(new int[count], new int[count]);
      int at = 0;
      int row = 0;
      for (TrainingDocument document : documents) {
        for (int i = 1; i < document.ids().length; i++) {
          if (document.learnt()[i]) {
            targets.rows[at] = row + i - 1;
            targets.wanted[at++] = document.ids()[i];
          }
        }
        row += document.ids().length;
      }
      return targets;
    }

    int count() {
      return rows.length;
    }
  }
}

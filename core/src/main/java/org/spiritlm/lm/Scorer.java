package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** Says how likely a model finds continuations. Safe for use by several threads. */
public final class Scorer {
  /** Tokens read at once, so that memory stays bounded. */
  private static final int BATCH_TOKENS = 2048;

  /** Rows of logits that are normalised at once. */
  private static final int ROWS = 256;

  private final LlamaModel model;

  public Scorer(LlamaModel model) {
    this.model = model;
  }

  /**
   * A prompt and what follows it.
   *
   * @param prompt at least one id
   * @param continuation at least one id
   */
  @SuppressWarnings("ArrayRecordComponent") // owners do not change it
  public record Pair(int[] prompt, int[] continuation) {
    public Pair {
      if (prompt.length == 0 || continuation.length == 0) {
        throw new InputException(
            "the "
                + (prompt.length == 0 ? "prompt" : "continuation")
                + " has no tokens; expected at least one");
      }
    }

    int length() {
      return prompt.length + continuation.length;
    }
  }

  /** The natural logarithm of the probability of each token of a continuation. */
  public double[] score(Pair pair) {
    return score(List.of(pair)).get(0);
  }

  /**
   * The natural logarithms of the probabilities of each continuation's tokens; each pair has what
   * it would have alone.
   *
   * @throws InputException if a pair is longer than the model's context, or holds an id that is not
   *     in its vocabulary; a {@link org.spiritlm.torch.CheckpointException} if the model's output
   *     is not a number
   */
  public List<double[]> score(List<Pair> pairs) {
    List<double[]> scores = new ArrayList<>();
    int from = 0;
    while (from < pairs.size()) {
      int to = from + 1;
      int tokens = pairs.get(from).length();
      while (to < pairs.size() && tokens + pairs.get(to).length() <= BATCH_TOKENS) {
        tokens += pairs.get(to++).length();
      }
      scores.addAll(together(pairs.subList(from, to)));
      from = to;
    }
    return scores;
  }

  private List<double[]> together(List<Pair> pairs) {
    List<Piece> pieces = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (Pair pair : pairs) {
        model.check(pair.continuation());
        // nothing follows the last token, so it is not read
        int[] ids = Arrays.copyOf(pair.prompt(), pair.length() - 1);
        System.arraycopy(
            pair.continuation(), 0, ids, pair.prompt().length, pair.continuation().length - 1);
        model.checkLength(ids.length);
        pieces.add(Piece.alone(ids));
      }
      Tensor states = model.read(pieces); // [N, D]
      List<double[]> scores = new ArrayList<>();
      int at = 0;
      for (Pair pair : pairs) {
        scores.add(score(states, at + pair.prompt().length - 1, pair.continuation()));
        at += pair.length() - 1;
      }
      return scores;
    }
  }

  /** The scores of ids, the state before the first of them being that of row {@code from}. */
  private double[] score(Tensor states, int from, int... ids) {
    double[] scores = new double[ids.length];
    for (int at = 0; at < ids.length; at += ROWS) {
      try (Scope scope = Scope.open()) {
        int count = Math.min(ROWS, ids.length - at);
        Tensor logits = model.logits(states.narrow(0, from + at, count)); // [count, V]
        Tensor wanted = model.device().place(Tensors.of(Arrays.copyOfRange(ids, at, at + count)));
        float[] chosen = Tensors.floats(logits.log_softmax(1).gather(1, wanted.unsqueeze(1)));
        for (int i = 0; i < count; i++) {
          if (Float.isNaN(chosen[i])) {
            throw Sampler.noProbabilities();
          }
          scores[at + i] = chosen[i];
        }
      }
    }
    return scores;
  }
}

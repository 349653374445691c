package org.spiritlm.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensor_T;
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

  /**
   * One token of a continuation among those that could have stood in its place.
   *
   * @param logProbability of the token, a natural logarithm
   * @param likeliest ids, the likeliest first
   * @param logProbabilities of these
   */
  @SuppressWarnings("ArrayRecordComponent") // owners do not change them
  public record Ranked(int id, double logProbability, int[] likeliest, double[] logProbabilities) {}

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

  /**
   * How likely each token of a continuation is, and which would have been likeliest.
   *
   * @param count how many of these, 0 or more
   * @throws InputException as {@link #score(List)}
   */
  public List<Ranked> rank(Pair pair, int count) {
    try (Scope scope = Scope.open()) {
      Tensor states = model.read(List.of(piece(pair))); // [N, D]
      List<Ranked> ranked = new ArrayList<>();
      int[] ids = pair.continuation();
      for (int at = 0; at < ids.length; at += ROWS) {
        int[] rows = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + ROWS));
        ranked.addAll(rank(states, pair.prompt().length - 1 + at, rows, count));
      }
      return ranked;
    }
  }

  private List<Ranked> rank(Tensor states, int from, int[] ids, int count) {
    try (Scope scope = Scope.open()) {
      Tensor all = logProbabilities(states, from, ids.length); // [ids, V]
      float[] chosen = chosen(all, ids);
      int most = (int) Math.min(count, all.size(1));
      T_TensorTensor_T top = all.topk(most); // [ids, most]
      float[] values = Tensors.floats(top.get0());
      int[] places = Tensors.ints(top.get1());
      List<Ranked> ranked = new ArrayList<>();
      for (int i = 0; i < ids.length; i++) {
        int[] likeliest = Arrays.copyOfRange(places, i * most, (i + 1) * most);
        double[] likely = new double[most];
        for (int j = 0; j < most; j++) {
          likely[j] = values[i * most + j];
        }
        ranked.add(new Ranked(ids[i], chosen[i], likeliest, likely));
      }
      return ranked;
    }
  }

  private Piece piece(Pair pair) {
    model.check(pair.continuation());
    // nothing follows the last token, so it is not read
    int[] ids = Arrays.copyOf(pair.prompt(), pair.length() - 1);
    System.arraycopy(
        pair.continuation(), 0, ids, pair.prompt().length, pair.continuation().length - 1);
    model.checkLength(ids.length);
    return Piece.alone(ids);
  }

  private Tensor logProbabilities(Tensor states, int from, int count) {
    return model.logits(states.narrow(0, from, count)).log_softmax(1); // [count, V]
  }

  private float[] chosen(Tensor logProbabilities, int... ids) {
    Tensor wanted = model.device().place(Tensors.of(ids));
    float[] chosen = Tensors.floats(logProbabilities.gather(1, wanted.unsqueeze(1)));
    for (float each : chosen) {
      if (Float.isNaN(each)) {
        throw Sampler.noProbabilities();
      }
    }
    return chosen;
  }

  private List<double[]> together(List<Pair> pairs) {
    List<Piece> pieces = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      for (Pair pair : pairs) {
        pieces.add(piece(pair));
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
        float[] chosen =
            chosen(
                logProbabilities(states, from + at, count),
                Arrays.copyOfRange(ids, at, at + count));
        for (int i = 0; i < count; i++) {
          scores[at + i] = chosen[i];
        }
      }
    }
    return scores;
  }
}

package org.spiritlm.lm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.spiritlm.torch.CheckpointException;

/**
 * Chooses the tokens of one answer, one after another; what it draws depends on the seed and the
 * logits alone.
 */
final class Sampler {
  /** Logits so many temperatures below the highest have a ten-thousandth of its probability. */
  private static final double FAR = 10;

  private final Sampling options;
  private final SplittableRandom random;
  private final int[] allowed;
  private final BitSet seen = new BitSet();
  private final float[] scores; // of the allowed ids, then of the candidates
  private final int[] candidates; // places in allowed

  /**
   * @param prompt counts for the repetition penalty
   * @param forbidden ids that are never chosen
   */
  Sampler(Sampling options, int vocabulary, BitSet forbidden, int... prompt) {
    this.options = options;
    this.random = new SplittableRandom(options.seed());
    this.allowed = allowed(vocabulary, forbidden);
    this.scores = new float[allowed.length];
    this.candidates = new int[allowed.length];
    for (int id : prompt) {
      seen.set(id);
    }
  }

  /** The ids that may be chosen, in order. */
  static int[] allowed(int vocabulary, BitSet forbidden) {
    BitSet ids = new BitSet(vocabulary);
    ids.set(0, vocabulary);
    ids.andNot(forbidden);
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("every id is forbidden");
    }
    return ids.stream().toArray();
  }

  /**
   * The next id.
   *
   * @param logits of all ids; one of negative infinity is never chosen
   * @throws CheckpointException if one that is allowed is not a number or infinite, or all of them
   *     are negative infinity
   */
  int next(float[] logits) {
    int place = options.isGreedy() ? likeliest(logits) : draw(logits);
    seen.set(allowed[place]);
    return allowed[place];
  }

  /** The error where a model's output is no distribution. */
  static CheckpointException noProbabilities() {
    return new CheckpointException(
        "the language model's output is not a number for some token, or gives none a probability:"
            + " its weights are damaged, or too large for the type it computes in; check the files,"
            + " or load them as float32");
  }

  private float penalised(float logit, int id) {
    double penalty = options.repetitionPenalty();
    if (penalty == 1 || !seen.get(id) || Float.isInfinite(logit)) {
      return logit;
    }
    double score = logit > 0 ? logit / penalty : logit * penalty;
    return (float) Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, score));
  }

  private int likeliest(float[] logits) {
    int best = 0;
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < allowed.length; i++) {
      float score = penalised(logits[allowed[i]], allowed[i]);
      if (!(score <= highest)) { // higher, or not a number
        if (Float.isNaN(score)) {
          throw noProbabilities();
        }
        highest = score;
        best = i;
      }
    }
    if (Float.isInfinite(highest)) {
      throw noProbabilities();
    }
    return best;
  }

  private int draw(float[] logits) {
    int count = allowed.length;
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      scores[i] = penalised(logits[allowed[i]], allowed[i]);
      candidates[i] = i;
      highest = Math.max(highest, scores[i]); // also what is not a number
    }
    if (!Float.isFinite(highest)) {
      throw noProbabilities();
    }
    if (options.topK() > 0 && options.topK() < count) {
      count = keepAtLeast(kthLargest(scores, count, options.topK()), count);
    }
    if (options.topP() < 1) {
      count = keepTop(options.topP(), highest, count);
    }
    if (options.minP() > 0) {
      count = keepAtLeast(highest + options.temperature() * Math.log(options.minP()), count);
    }
    return candidates[drawn(highest, count)];
  }

  /** How many times as likely as that of the highest score, however low the temperature. */
  private double share(float score, float highest) {
    return Math.exp(((double) score - highest) / options.temperature());
  }

  /** The place of one candidate, by its probability among the first ones. */
  private int drawn(float highest, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += share(scores[i], highest);
    }
    double rest = random.nextDouble() * sum;
    int last = 0;
    for (int i = 0; i < count && rest >= 0; i++) {
      double share = share(scores[i], highest);
      rest -= share;
      last = share > 0 ? i : last;
    }
    return last;
  }

  /** Keeps candidates with at least this score, in their order; returns how many. */
  private int keepAtLeast(double least, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (scores[i] >= least) {
        scores[kept] = scores[i];
        candidates[kept++] = candidates[i];
      }
    }
    return kept;
  }

  /** Keeps the likeliest candidates that together have the probability; returns how many. */
  private int keepTop(double probability, float highest, int count) {
    double near = highest - FAR * options.temperature();
    double sum = 0;
    double nearSum = 0;
    for (int i = 0; i < count; i++) {
      double share = share(scores[i], highest);
      sum += share;
      nearSum += scores[i] >= near ? share : 0;
    }
    // mostly the far ones need not be sorted
    int among = nearSum >= probability * sum ? keepAtLeast(near, count) : count;
    float[] sorted = Arrays.copyOf(scores, among);
    Arrays.sort(sorted);
    double wanted = probability * sum;
    int last = among - 1;
    double mass = share(sorted[last], highest);
    while (last > 0 && mass < wanted) {
      last--;
      mass += share(sorted[last], highest);
    }
    return keepFirst(sorted[last], among - last, among);
  }

  /** Keeps so many candidates of at least this score: of equal ones, those with lower ids. */
  private int keepFirst(float least, int wanted, int count) {
    int above = 0;
    for (int i = 0; i < count; i++) {
      above += scores[i] > least ? 1 : 0;
    }
    int equal = wanted - above;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (scores[i] > least || (scores[i] == least && equal-- > 0)) {
        scores[kept] = scores[i];
        candidates[kept++] = candidates[i];
      }
    }
    return kept;
  }

  private static float kthLargest(float[] values, int count, int k) {
    float[] largest = Arrays.copyOf(values, k); // a heap, the least of them on top
    Arrays.sort(largest);
    for (int i = k; i < count; i++) {
      if (values[i] > largest[0]) {
        largest[0] = values[i];
        sink(largest);
      }
    }
    return largest[0];
  }

  private static void sink(float[] heap) {
    int at = 0;
    while (2 * at + 1 < heap.length) {
      int child = 2 * at + 1;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[at] <= heap[child]) {
        return;
      }
      float value = heap[at];
      heap[at] = heap[child];
      heap[child] = value;
      at = child;
    }
  }
}

package org.spiritlm.lm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/**
 * Chooses the tokens of one answer, one after another; what it draws depends on the seed and the
 * logits alone.
 */
final class Sampler {
  /** Logits so far below the highest have less than a ten-thousandth of its probability. */
  private static final float FAR = 10;

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
   * @param logits of all ids
   */
  int next(float[] logits) {
    int place = options.isGreedy() ? likeliest(logits) : draw(logits);
    seen.set(allowed[place]);
    return allowed[place];
  }

  private float penalised(float logit, int id) {
    if (options.repetitionPenalty() == 1 || !seen.get(id)) {
      return logit;
    }
    return (float)
        (logit > 0 ? logit / options.repetitionPenalty() : logit * options.repetitionPenalty());
  }

  private int likeliest(float[] logits) {
    int best = 0;
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < allowed.length; i++) {
      float score = penalised(logits[allowed[i]], allowed[i]);
      if (score > highest) {
        highest = score;
        best = i;
      }
    }
    return best;
  }

  private int draw(float[] logits) {
    int count = allowed.length;
    float highest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      scores[i] = (float) (penalised(logits[allowed[i]], allowed[i]) / options.temperature());
      candidates[i] = i;
      highest = Math.max(highest, scores[i]);
    }
    if (options.topK() > 0 && options.topK() < count) {
      count = keepAtLeast(kthLargest(scores, count, options.topK()), count);
    }
    if (options.topP() < 1) {
      count = keepTop(options.topP(), highest, count);
    }
    if (options.minP() > 0) {
      count = keepAtLeast((float) (highest + Math.log(options.minP())), count);
    }
    return candidates[drawn(highest, count)];
  }

  /** The place of one candidate, by its probability among the first ones. */
  private int drawn(float highest, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Math.exp(scores[i] - highest);
    }
    double rest = random.nextDouble() * sum;
    for (int i = 0; i < count - 1; i++) {
      rest -= Math.exp(scores[i] - highest);
      if (rest < 0) {
        return i;
      }
    }
    return count - 1;
  }

  /** Keeps candidates with at least this score, in their order; returns how many. */
  private int keepAtLeast(float least, int count) {
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
    double sum = 0;
    double near = 0;
    for (int i = 0; i < count; i++) {
      double share = Math.exp(scores[i] - highest);
      sum += share;
      near += scores[i] >= highest - FAR ? share : 0;
    }
    // mostly the far ones need not be sorted
    int among = near >= probability * sum ? keepAtLeast(highest - FAR, count) : count;
    float[] sorted = Arrays.copyOf(scores, among);
    Arrays.sort(sorted);
    double wanted = probability * sum;
    int last = among - 1;
    double mass = Math.exp(sorted[last] - highest);
    while (last > 0 && mass < wanted) {
      last--;
      mass += Math.exp(sorted[last] - highest);
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

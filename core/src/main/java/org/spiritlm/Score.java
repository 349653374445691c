package org.spiritlm;

import java.util.Arrays;

/**
 * How likely a model finds a continuation.
 *
 * @param ids of the continuation
 * @param logProbabilities natural logarithms, one an id
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
public record Score(int[] ids, double[] logProbabilities) {
  /** The continuation's log-likelihood ("Accuracy" in the paper's tables compares these). */
  public double sum() {
    return Arrays.stream(logProbabilities).sum();
  }

  /** The same for each token on average ("Accuracy-token"). */
  public double mean() {
    return sum() / ids.length;
  }
}

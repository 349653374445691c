package org.spiritlm.evaluation;

import org.spiritlm.torch.InputException;

/**
 * Perplexity: the exponential of the mean negative log-probability of a token; tokens of many texts
 * are pooled.
 *
 * @param sum of natural log-probabilities
 * @param tokens how many
 */
public record Perplexity(double sum, long tokens) {
  /** No token yet. */
  public static final Perplexity NONE = new Perplexity(0, 0);

  /** Of one text, by the natural log-probability of each token. */
  public static Perplexity of(double[] logProbabilities) {
    double sum = 0;
    for (double value : logProbabilities) {
      sum += value;
    }
    return new Perplexity(sum, logProbabilities.length);
  }

  /** Both pooled. */
  public Perplexity plus(Perplexity more) {
    return new Perplexity(sum + more.sum, tokens + more.tokens);
  }

  /**
   * The perplexity.
   *
   * @throws InputException if there was no token
   */
  public double value() {
    if (tokens == 0) {
      throw new InputException("no tokens: there is no perplexity");
    }
    return Math.exp(-sum / tokens);
  }
}

package org.spiritlm.lm;

import org.spiritlm.torch.InputException;

/**
 * How the next token is chosen among the allowed ones; the steps are done in the order of the
 * parameters.
 *
 * @param repetitionPenalty divides the positive and multiplies the negative logits of tokens that
 *     stand in the prompt or the answer already (Keskar et al., 2019); 1 does nothing
 * @param temperature divides the logits; 0 takes the likeliest token, and then nothing is drawn
 * @param topK only the k likeliest tokens, and those as likely as the last of them; 0 takes all
 * @param topP only the likeliest tokens that together have this probability, at least one (Holtzman
 *     et al., 2020); 1 takes all
 * @param minP only tokens at least so many times as likely as the likeliest one; 0 takes all
 * @param seed of what is drawn: the same seed gives the same answer
 */
public record Sampling(
    double repetitionPenalty, double temperature, int topK, double topP, double minP, long seed) {
  public Sampling {
    check(repetitionPenalty > 0, "repetition penalty", "above 0", repetitionPenalty);
    check(temperature >= 0, "temperature", "0 or more", temperature);
    check(topK >= 0, "top-k", "0 or more", topK);
    check(topP > 0 && topP <= 1, "top-p", "above 0 and at most 1", topP);
    check(minP >= 0 && minP <= 1, "min-p", "from 0 to 1", minP);
  }

  private static void check(boolean fine, String what, String expected, double found) {
    if (!fine || Double.isInfinite(found)) {
      throw new InputException("the " + what + " must be " + expected + ", found " + found);
    }
  }

  /** Always the likeliest token. */
  public static Sampling greedy() {
    return new Sampling(1, 0, 0, 1, 0, 0);
  }

  /** Draws from the model's own distribution. */
  public static Sampling random(long seed) {
    return new Sampling(1, 1, 0, 1, 0, seed);
  }

  /** Whether always the likeliest token is taken. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** The same with another repetition penalty. */
  public Sampling withRepetitionPenalty(double value) {
    return new Sampling(value, temperature, topK, topP, minP, seed);
  }

  /** The same with another temperature. */
  public Sampling withTemperature(double value) {
    return new Sampling(repetitionPenalty, value, topK, topP, minP, seed);
  }

  /** The same with another number of likeliest tokens. */
  public Sampling withTopK(int value) {
    return new Sampling(repetitionPenalty, temperature, value, topP, minP, seed);
  }

  /** The same with another probability of the likeliest tokens. */
  public Sampling withTopP(double value) {
    return new Sampling(repetitionPenalty, temperature, topK, value, minP, seed);
  }

  /** The same with another least share of the likeliest token's probability. */
  public Sampling withMinP(double value) {
    return new Sampling(repetitionPenalty, temperature, topK, topP, value, seed);
  }

  /** The same with another seed. */
  public Sampling withSeed(long value) {
    return new Sampling(repetitionPenalty, temperature, topK, topP, minP, value);
  }
}

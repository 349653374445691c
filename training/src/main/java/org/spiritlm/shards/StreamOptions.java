package org.spiritlm.shards;

import org.spiritlm.interleaving.Strategy;
import org.spiritlm.torch.InputException;

/**
 * One of the streams that a sampler mixes.
 *
 * @param name unlike every other's; the order of its items is drawn from it
 * @param kind whose items it takes
 * @param strategy what sequences of aligned speech are made of; other kinds have but one
 * @param weight its share of all tokens, beside the others' weights
 */
public record StreamOptions(String name, ShardKind kind, Strategy strategy, double weight) {
  public StreamOptions {
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new InputException("stream " + name + ": a weight of " + weight + "; expected above 0");
    }
  }
}

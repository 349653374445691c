package org.spiritlm.shards;

import java.util.List;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.torch.InputException;

/**
 * One of the streams that a sampler mixes.
 *
 * @param name unlike every other's; the order of its items is drawn from it
 * @param kind whose items it takes, see {@link #kinds}
 * @param strategy what sequences of speech with text are made of; other kinds have but one
 * @param weight its share of all tokens, beside the others' weights
 */
public record StreamOptions(String name, ShardKind kind, Strategy strategy, double weight) {
  public StreamOptions {
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new InputException("stream " + name + ": a weight of " + weight + "; expected above 0");
    }
  }

  /**
   * The kinds whose items it takes: its own, and transcribed speech where the frames of words do
   * not matter, as speech alone and in {@link Strategy#PAIRS} and {@link Strategy#UNIMODAL}.
   */
  public List<ShardKind> kinds() {
    return switch (kind) {
      case TEXT, TRANSCRIBED -> List.of(kind);
      case SPEECH -> List.of(kind, ShardKind.TRANSCRIBED);
      case ALIGNED ->
          strategy == Strategy.PAIRS || strategy == Strategy.UNIMODAL
              ? List.of(kind, ShardKind.TRANSCRIBED)
              : List.of(kind);
    };
  }
}

package org.spiritlm.shards;

import java.util.List;
import org.spiritlm.interleaving.SpanLengths;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.torch.InputException;

/**
 * How sequences are made.
 *
 * @param length ids of a sequence
 * @param seed of everything that is drawn
 * @param streams what is mixed
 * @param lengths how long interleaved spans are
 * @param endTokens whether the end token follows every document
 */
public record SamplerOptions(
    int length, long seed, List<StreamOptions> streams, SpanLengths lengths, boolean endTokens) {
  /** The paper's: a third of the tokens each from text, speech and aligned speech. */
  public static final List<StreamOptions> THIRDS =
      List.of(
          new StreamOptions("text", ShardKind.TEXT, Strategy.TEXT, 1),
          new StreamOptions("speech", ShardKind.SPEECH, Strategy.SPEECH, 1),
          new StreamOptions("aligned", ShardKind.ALIGNED, Strategy.INTERLEAVED, 1));

  public SamplerOptions {
    streams = List.copyOf(streams);
    if (length < 1) {
      throw new InputException("sequences of " + length + " ids; expected 1 or more");
    }
    long names = streams.stream().map(StreamOptions::name).distinct().count();
    if (streams.isEmpty() || names < streams.size()) {
      throw new InputException("expected one stream or more, each with a name of its own");
    }
  }

  /** {@link #THIRDS} of what there is; a kind without items leaves its share to the others. */
  public static SamplerOptions of(ShardSet shards, int length, long seed) {
    List<StreamOptions> there =
        THIRDS.stream().filter(stream -> shards.items(stream.kinds()) > 0).toList();
    return new SamplerOptions(length, seed, there, SpanLengths.PAPER, true);
  }
}

package org.spiritlm.shards;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.interleaving.IdBuffer;
import org.spiritlm.interleaving.Interleaver;
import org.spiritlm.interleaving.Modality;
import org.spiritlm.interleaving.SequenceTokens;
import org.spiritlm.interleaving.SequenceWriter;
import org.spiritlm.interleaving.Span;
import org.spiritlm.interleaving.Strategy;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * Mixes streams of documents and packs them into sequences of one length, without end and without
 * padding: a document that reaches over a sequence's end goes on in the next.
 *
 * <p>The next document comes from the stream that lags most behind its share of the tokens. Each
 * stream gives its items in an order drawn anew in every epoch, and draws each item's spans from
 * (seed, epoch, item). Several ranks take the sequences of one stream in turns: rank r of R the
 * sequences r, r + R, r + 2R and so on. So every rank makes all sequences, which costs little.
 *
 * <p>A sampler that was resumed gives what the first would have given. Not thread-safe.
 */
public final class Sampler {
  private final ShardSet shards;
  private final SamplerOptions options;
  private final int rank;
  private final int ranks;
  private final String fingerprint;
  private final List<Stream> streams = new ArrayList<>();
  private final IdBuffer document = new IdBuffer();
  private long sequences;

  /** The stream of the document that is being given, or -1 where there is none. */
  private int current = -1;

  /** How many ids of it were given. */
  private int offset;

  /** One stream, and how far it is. */
  private final class Stream {
    final StreamOptions options;
    final List<ShardKind> kinds;
    final long items;
    final Interleaver interleaver;
    final SequenceWriter writer;
    long taken;
    long tokens;
    private long orderEpoch = -1;
    private @Nullable Permutation order;

    Stream(StreamOptions options) {
      this.options = options;
      this.kinds = options.kinds();
      this.items = shards.items(kinds);
      this.interleaver = new Interleaver(options.strategy(), Sampler.this.options.lengths());
      SequenceTokens tokens = shards.tokens();
      this.writer =
          new SequenceWriter(options.strategy() == Strategy.PAIRS ? tokens.forPairs() : tokens);
      if (items == 0) {
        throw new InputException(
            shards.directory()
                + ": has no items of "
                + options.kind().key()
                + " for the stream "
                + options.name());
      }
    }

    /** Makes document number n of this stream. */
    void write(long number) {
      long epoch = number / items;
      Permutation known = order;
      if (known == null || epoch != orderEpoch) {
        Draws draws = new Draws(Sampler.this.options.seed(), epoch, Draws.itemKey(options.name()));
        known = new Permutation(items, draws.next());
        order = known;
        orderEpoch = epoch;
      }
      ShardSet.Item item = shards.item(kinds, known.at(number % items));
      document.clear();
      writeItem(item.shard(), item.index(), epoch, this);
      if (document.size() > 0 && Sampler.this.options.endTokens()) {
        document.add(shards.tokens().end());
      }
    }
  }

  /** A sampler for one process. */
  public Sampler(ShardSet shards, SamplerOptions options) {
    this(shards, options, 0, 1);
  }

  /**
   * A sampler for one of several processes.
   *
   * @param rank from 0
   * @throws InputException if a stream has no items
   */
  public Sampler(ShardSet shards, SamplerOptions options, int rank, int ranks) {
    if (rank < 0 || rank >= ranks) {
      throw new IllegalArgumentException("rank " + rank + " of " + ranks);
    }
    this.shards = shards;
    this.options = options;
    this.rank = rank;
    this.ranks = ranks;
    options.streams().forEach(stream -> streams.add(new Stream(stream)));
    this.fingerprint = fingerprint(shards, options);
  }

  /**
   * Goes on from a state.
   *
   * @throws InputException if it belongs to other data or options
   */
  public static Sampler resume(
      ShardSet shards, SamplerOptions options, SamplerState state, int rank, int ranks) {
    Sampler sampler = new Sampler(shards, options, rank, ranks);
    if (!state.fingerprint().equals(sampler.fingerprint)
        || state.streams().size() != sampler.streams.size()) {
      throw new InputException(
          shards.directory()
              + ": the state belongs to other shards or other options; resume with those of the"
              + " run, or begin anew without a state");
    }
    for (int i = 0; i < sampler.streams.size(); i++) {
      sampler.streams.get(i).taken = state.streams().get(i).items();
      sampler.streams.get(i).tokens = state.streams().get(i).tokens();
    }
    sampler.sequences = state.sequences();
    if (state.current() >= 0) {
      Stream stream = sampler.streams.get(state.current());
      if (stream.taken > 0) {
        stream.write(stream.taken - 1);
      }
      if (stream.taken == 0 || state.offset() > sampler.document.size()) {
        throw new InputException("the state is damaged: it goes on where no document is");
      }
      sampler.current = state.current();
      sampler.offset = state.offset();
    }
    return sampler;
  }

  /** How far this is, after a whole number of rounds of all ranks. */
  public SamplerState state() {
    return new SamplerState(
        fingerprint,
        sequences,
        streams.stream()
            .map(stream -> new SamplerState.Position(stream.taken, stream.tokens))
            .toList(),
        current,
        offset);
  }

  /**
   * The next sequence of this rank.
   *
   * @throws InputException if a shard is missing or damaged
   */
  public Sequence next() {
    Sequence own = null;
    for (int of = 0; of < ranks; of++) {
      Sequence sequence = pack();
      own = of == rank ? sequence : own;
    }
    return Objects.requireNonNull(own);
  }

  private Sequence pack() {
    int[] ids = new int[options.length()];
    int[] starts = new int[16];
    int[] from = new int[16];
    int parts = 0;
    boolean continues = current >= 0 && offset < document.size() && offset > 0;
    for (int at = 0; at < ids.length; ) {
      if (current < 0 || offset == document.size()) {
        begin();
      }
      if (parts == starts.length) {
        starts = Arrays.copyOf(starts, 2 * parts);
        from = Arrays.copyOf(from, 2 * parts);
      }
      starts[parts] = at;
      from[parts++] = current;
      int count = Math.min(ids.length - at, document.size() - offset);
      document.copy(offset, ids, at, count);
      offset += count;
      at += count;
    }
    sequences++;
    return new Sequence(ids, Arrays.copyOf(starts, parts), Arrays.copyOf(from, parts), continues);
  }

  /** Begins the next document. */
  private void begin() {
    long empty = 0;
    do {
      current = lagging();
      Stream stream = streams.get(current);
      stream.write(stream.taken++);
      stream.tokens += document.size();
      if (document.size() == 0 && ++empty > stream.items) {
        throw new InputException(
            shards.directory()
                + ": all items of the stream "
                + stream.options.name()
                + " are empty");
      }
    } while (document.size() == 0);
    offset = 0;
  }

  /** The stream with the fewest tokens for its weight; of equal ones the first. */
  private int lagging() {
    int least = 0;
    for (int i = 1; i < streams.size(); i++) {
      Stream one = streams.get(i);
      Stream other = streams.get(least);
      if (one.tokens * other.options.weight() < other.tokens * one.options.weight()) {
        least = i;
      }
    }
    return least;
  }

  private void writeItem(Shard shard, int item, long epoch, Stream stream) {
    SequenceTokens tokens = shards.tokens();
    if (shard.kind() == ShardKind.TEXT) {
      document.add(tokens.textStart());
      shard.text(item, document);
      return;
    }
    SpeechUnits units = shard.units(item);
    int frames = units.hubert().length;
    List<Span> spans =
        stream.options.kind() == ShardKind.SPEECH
            ? List.of(new Span(Modality.SPEECH, 0, 0, 0, frames))
            : stream.interleaver.draw(
                shard.cuts(item), frames, new Draws(options.seed(), epoch, shard.key(item)));
    stream.writer.write(spans, units, shard.wordIds(item), document);
  }

  private static String fingerprint(ShardSet shards, SamplerOptions options) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String all = shards.tokens().toJson() + "\n" + shards.checksums() + options;
      byte[] hash = digest.digest(all.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}

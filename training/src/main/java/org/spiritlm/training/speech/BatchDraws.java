package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.OrderedWork;
import org.spiritlm.training.Seeds;

/**
 * Draws batches of utterances that are changed before they are learnt from: by several threads,
 * and, where a device would wait for it, while the batch before is learnt from.
 *
 * <p>What is drawn follows from the seed and the place alone. Used by one thread.
 */
final class BatchDraws implements AutoCloseable {
  private static final long PIECES = 3; // what a seed is for

  private final SpeechSet set;
  private final double seconds;
  private final Pieces pieces;
  private final @Nullable OrderedWork<Draws, Drawn> ahead;
  private Draws draws;
  private boolean isBegun; // whether one is drawn ahead
  private @Nullable Drawn next; // once it is there

  /** What is learnt of an utterance. Safe for use by several threads. */
  interface Pieces {
    /**
     * A piece of an utterance.
     *
     * @return null where nothing can be learnt of it
     */
    SpeechBatch.@Nullable Item of(int utterance, SplittableRandom random);
  }

  /** A batch, and the place after it. */
  private record Drawn(SpeechBatch batch, Draws after) {}

  /** An utterance of a batch, and its place there. */
  private record Chosen(int utterance, int place) {}

  /**
   * Nothing is drawn yet.
   *
   * @param seconds of audio after which a batch is full
   * @param isAhead whether the next batch is drawn while one is learnt from
   */
  BatchDraws(SpeechSet set, long seed, double seconds, boolean isAhead, Pieces pieces) {
    this.set = set;
    this.seconds = seconds;
    this.pieces = pieces;
    this.draws = new Draws(set.size(), seed);
    this.ahead = isAhead ? new OrderedWork<>(1, this::drawn, drawn -> next = drawn) : null;
  }

  /** The next batch; empty where nothing can be learnt of any utterance. */
  SpeechBatch draw() {
    if (ahead == null) {
      return taken(drawn(draws));
    }
    if (!isBegun) {
      ahead.add(draws);
    }
    isBegun = false;
    ahead.finish();
    SpeechBatch batch = taken(Objects.requireNonNull(next));
    ahead.add(draws);
    isBegun = true;
    return batch;
  }

  private SpeechBatch taken(Drawn drawn) {
    next = null;
    draws = drawn.after();
    return drawn.batch();
  }

  private Drawn drawn(Draws from) {
    Draws place = from.copy();
    place.begin();
    SpeechBatch batch = new SpeechBatch();
    int count = 0;
    while (count < set.size() && batch.seconds() < seconds) {
      List<Chosen> some = new ArrayList<>();
      double expected = batch.seconds();
      while (count < set.size() && expected < seconds) {
        Chosen chosen = new Chosen(place.next(), count++);
        expected += set.seconds(chosen.utterance());
        some.add(chosen);
      }
      some.parallelStream()
          .map(chosen -> pieces.of(chosen.utterance(), random(place, chosen)))
          .filter(Objects::nonNull)
          .forEachOrdered(batch::add);
    }
    return new Drawn(batch, place);
  }

  private static SplittableRandom random(Draws place, Chosen chosen) {
    return Seeds.random(place.seed(PIECES), chosen.place());
  }

  /** A seed of the batch that was drawn last alone, another for each purpose but 3. */
  long seed(long purpose) {
    return draws.seed(purpose);
  }

  /** The place after the batch that was drawn last. */
  ObjectNode state() {
    return draws.state();
  }

  /**
   * Goes on from a place.
   *
   * @throws org.spiritlm.torch.InputException if it is of another number of utterances
   */
  void restore(ObjectNode state) {
    if (ahead != null) {
      ahead.finish();
    }
    next = null;
    isBegun = false;
    draws.restore(state);
  }

  @Override
  public void close() {
    if (ahead != null) {
      ahead.close();
    }
  }
}

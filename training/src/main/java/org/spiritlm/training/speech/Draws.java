package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Seeds;

/**
 * Draws utterances without end: all of them in a random order, then all in another.
 *
 * <p>The order follows from the seed, and its place is two counters.
 */
final class Draws {
  private static final String DRAWN = "drawn";
  private static final String BATCHES = "batches";
  private static final String UTTERANCES = "utterances";

  private final int utterances;
  private final long seed;
  private long drawn;
  private long batches;
  private int[] order = new int[0]; // not changed once it is there
  private long round = -1; // whose order it is

  Draws(int utterances, long seed) {
    this.utterances = utterances;
    this.seed = seed;
  }

  /** The same place, from which others can be drawn. */
  Draws copy() {
    Draws copy = new Draws(utterances, seed);
    copy.drawn = drawn;
    copy.batches = batches;
    copy.order = order;
    copy.round = round;
    return copy;
  }

  /** Begins the next batch. */
  void begin() {
    batches++;
  }

  /** A seed of this batch alone, another for each purpose. */
  long seed(long purpose) {
    return Seeds.mix(seed, batches, purpose);
  }

  /** The next utterance. */
  int next() {
    if (drawn / utterances != round) {
      round = drawn / utterances;
      order = order(round);
    }
    return order[(int) (drawn++ % utterances)];
  }

  private int[] order(long of) {
    int[] shuffled = new int[utterances];
    var random = Seeds.random(seed, of);
    for (int i = 0; i < utterances; i++) {
      int other = random.nextInt(i + 1);
      shuffled[i] = shuffled[other];
      shuffled[other] = i;
    }
    return shuffled;
  }

  ObjectNode state() {
    return Json.object().put(DRAWN, drawn).put(BATCHES, batches).put(UTTERANCES, utterances);
  }

  /**
   * Goes on from a state.
   *
   * @throws InputException if it is of another number of utterances
   */
  void restore(ObjectNode state) {
    JsonNode count = state.get(UTTERANCES);
    if (count == null || count.asInt() != utterances) {
      throw new InputException(
          "the checkpoint is of a run with "
              + Json.shown(count)
              + " utterances, but there are "
              + utterances
              + "; train on with the same manifest, or begin a new run");
    }
    drawn = state.path(DRAWN).asLong();
    batches = state.path(BATCHES).asLong();
  }
}

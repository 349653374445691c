package org.spiritlm.lm;

import java.util.BitSet;
import java.util.Set;
import java.util.function.IntPredicate;
import org.spiritlm.torch.InputException;

/**
 * What a {@link Generator} is asked for: one continuation of a prompt.
 *
 * @param prompt ids, at least one
 * @param sampling how tokens are chosen
 * @param maxNewTokens the most tokens of the answer; it also ends where the context is full
 * @param forbidden ids that are not chosen
 * @param ends ids that end the answer, as its last token
 * @param beams beginnings that are kept at each step while the likeliest answer is looked for
 *     ({@link BeamSearch}); 1 for an answer that is chosen token by token
 * @param listener is told each new id as soon as it is certain, and says whether to go on
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record Request(
    int[] prompt,
    Sampling sampling,
    int maxNewTokens,
    BitSet forbidden,
    Set<Integer> ends,
    int beams,
    IntPredicate listener) {
  public Request {
    if (prompt.length == 0) {
      throw new InputException("the prompt has no tokens; expected at least one");
    }
    if (maxNewTokens < 1) {
      throw new InputException("the most new tokens must be 1 or more, found " + maxNewTokens);
    }
    if (beams < 1) {
      throw new InputException("the number of beams must be 1 or more, found " + beams);
    }
    ends = Set.copyOf(ends);
  }

  /**
   * The most new tokens that a model's context leaves room for.
   *
   * @throws InputException if the prompt fills the context, or holds an id that is not in the
   *     model's vocabulary
   */
  int mostNewTokens(LlamaModel model) {
    int context = model.config().context();
    if (prompt.length >= context) {
      throw new ContextLengthException(
          "the prompt has "
              + prompt.length
              + " tokens, and the model's context of "
              + context
              + " leaves no room for an answer; shorten the prompt");
    }
    model.check(prompt);
    return Math.min(maxNewTokens, context - prompt.length);
  }

  /** A greedy continuation without ends. */
  public static Request greedy(int[] prompt, int maxNewTokens) {
    return new Request(
        prompt, Sampling.greedy(), maxNewTokens, new BitSet(), Set.of(), 1, id -> true);
  }

  /** The same, chosen in this way. */
  public Request with(Sampling choice) {
    return new Request(prompt, choice, maxNewTokens, forbidden, ends, beams, listener);
  }

  /** The same without these ids. */
  public Request without(BitSet ids) {
    return new Request(prompt, sampling, maxNewTokens, ids, ends, beams, listener);
  }

  /** The same, ended by any of these ids. */
  public Request until(Set<Integer> ids) {
    return new Request(prompt, sampling, maxNewTokens, forbidden, ids, beams, listener);
  }

  /** The same with a listener. */
  public Request heardBy(IntPredicate who) {
    return new Request(prompt, sampling, maxNewTokens, forbidden, ends, beams, who);
  }

  /** The same, the likeliest that so many beams find. */
  public Request by(int count) {
    return new Request(prompt, sampling, maxNewTokens, forbidden, ends, count, listener);
  }
}

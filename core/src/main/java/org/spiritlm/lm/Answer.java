package org.spiritlm.lm;

import java.util.List;

/**
 * A continuation.
 *
 * @param ids new tokens, an end token among them
 * @param reason why there are no more
 * @param reused ids of the prompt that were not read, since a cache held them already
 * @param prefillSeconds how long the prompt was read, together with those of the same call
 * @param decodeSeconds how long the tokens after the first were made, from then to the end
 * @param candidates what beams found, the best first, which this answer is; none where it was not
 *     looked for by beams, or its listener wanted no more
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record Answer(
    int[] ids,
    FinishReason reason,
    int reused,
    double prefillSeconds,
    double decodeSeconds,
    List<Candidate> candidates) {
  /**
   * An answer that beams found.
   *
   * @param ids new tokens, an end token among them
   * @param reason why there are no more
   * @param score the higher the likelier
   */
  @SuppressWarnings("ArrayRecordComponent") // owners do not change it
  public record Candidate(int[] ids, FinishReason reason, double score) {}

  public Answer {
    candidates = List.copyOf(candidates);
  }

  /** An answer that was not looked for by beams. */
  public Answer(
      int[] ids, FinishReason reason, int reused, double prefillSeconds, double decodeSeconds) {
    this(ids, reason, reused, prefillSeconds, decodeSeconds, List.of());
  }

  /** The same with other ids. */
  public Answer with(int[] other, FinishReason why) {
    return new Answer(other, why, reused, prefillSeconds, decodeSeconds, candidates);
  }
}

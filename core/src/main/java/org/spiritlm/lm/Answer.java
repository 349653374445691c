package org.spiritlm.lm;

/**
 * A continuation.
 *
 * @param ids new tokens, an end token among them
 * @param reason why there are no more
 * @param reused ids of the prompt that were not read, since a cache held them already
 * @param prefillSeconds how long the prompt was read, together with those of the same call
 * @param decodeSeconds how long the tokens after the first were made, from then to the end
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record Answer(
    int[] ids, FinishReason reason, int reused, double prefillSeconds, double decodeSeconds) {}

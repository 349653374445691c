package org.spiritlm;

import org.jspecify.annotations.Nullable;

/**
 * How long an answer took, in seconds. Answers that were made together share the first four.
 *
 * @param load reading parts of the model that were needed for the first time
 * @param prefill reading the prompt
 * @param decode making the tokens after the first
 * @param vocode turning speech tokens into audio
 * @param tokensPerSecond of decoding, all answers that were made together; 0 where nothing was
 *     decoded
 * @param firstAudio from the call, loading included, until the first samples were there, or null
 *     where there are none
 */
public record Timings(
    double load,
    double prefill,
    double decode,
    double vocode,
    double tokensPerSecond,
    @Nullable Double firstAudio) {}

package org.spiritlm.lm;

/**
 * What an {@link Engine} does, and has done since it was started.
 *
 * @param waiting answers that wait for their turn
 * @param active answers that are being made
 * @param cacheBytes memory that the caches of these have set aside
 * @param keptBytes memory of caches that are kept for later requests
 * @param promptTokens tokens of prompts that were read
 * @param reusedTokens tokens of prompts that need not be read, since a cache held them
 * @param newTokens tokens that were made
 * @param steps times that the model was run
 * @param refused answers that were refused since too many waited
 */
public record EngineFigures(
    int waiting,
    int active,
    long cacheBytes,
    long keptBytes,
    long promptTokens,
    long reusedTokens,
    long newTokens,
    long steps,
    long refused) {}

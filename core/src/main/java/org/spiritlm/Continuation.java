package org.spiritlm;

import org.spiritlm.prompt.Prompt;

/**
 * A prompt and what may follow it, to be scored.
 *
 * @param continuation tokenized on its own, without a start token
 */
public record Continuation(Prompt prompt, Prompt continuation) {}

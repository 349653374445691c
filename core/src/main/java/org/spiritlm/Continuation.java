package org.spiritlm;

import org.spiritlm.prompt.Prompt;

/**
 * A prompt and what may follow it, to be scored.
 *
 * @param continuation tokenized on its own, without a start token; SentencePiece puts a blank
 *     before a text, so it begins without one
 */
public record Continuation(Prompt prompt, Prompt continuation) {}

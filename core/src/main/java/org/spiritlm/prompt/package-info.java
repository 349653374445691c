/**
 * Token strings: rendering and parsing speech, prompts of text and speech, what may be generated,
 * and reading what was. The bracket form {@code [Hu12]} is known here alone.
 *
 * <p>{@code docs/formats.md}, section "Token strings and prompts", has the grammar.
 */
@NullMarked
package org.spiritlm.prompt;

import org.jspecify.annotations.NullMarked;

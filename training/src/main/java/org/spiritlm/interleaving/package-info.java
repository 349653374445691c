/**
 * Training sequences from speech and its words: spans of text and spans of speech in turns, drawn
 * anew at every step.
 *
 * <p>An {@link org.spiritlm.interleaving.Interleaver} draws spans; {@link
 * org.spiritlm.interleaving.SequenceWriter} turns them into ids, the same that a prompt of these
 * parts has when the model is used.
 */
@NullMarked
package org.spiritlm.interleaving;

import org.jspecify.annotations.NullMarked;

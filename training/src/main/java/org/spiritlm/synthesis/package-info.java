/**
 * Speech made from text, as much as is wanted, with the times of words and phones known exactly.
 *
 * <p>FreeTTS reads a text and says which phones to say, for how long and how high; {@link
 * org.spiritlm.synthesis.Talker} turns that into sound in one of several voices and styles, and
 * {@link org.spiritlm.synthesis.SyntheticCorpus} does so for a whole file of sentences.
 */
@NullMarked
package org.spiritlm.synthesis;

import org.jspecify.annotations.NullMarked;

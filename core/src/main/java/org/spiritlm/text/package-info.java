/** The text tokenizer, the ranges of the vocabulary, and how transcripts differ. */
@NullMarked
package org.spiritlm.text;

import org.jspecify.annotations.NullMarked;

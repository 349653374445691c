/** The text tokenizer and the ranges of the vocabulary. */
@NullMarked
package org.spiritlm.text;

import org.jspecify.annotations.NullMarked;

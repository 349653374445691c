/**
 * The language model: token ids only, it knows neither text nor speech.
 *
 * <p>Shapes: {@code N} ids of all pieces of a step together, {@code D} the model's width, {@code H}
 * query heads, {@code K} key and value heads, {@code d} the width of a head, {@code L} positions in
 * a cache, {@code F} the inner width of the feed-forward part, {@code V} the vocabulary.
 */
@NullMarked
package org.spiritlm.lm;

import org.jspecify.annotations.NullMarked;

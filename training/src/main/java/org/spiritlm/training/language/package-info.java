/**
 * Training the language model.
 *
 * <p>Shapes as in {@link org.spiritlm.lm}.
 */
@NullMarked
package org.spiritlm.training.language;

import org.jspecify.annotations.NullMarked;

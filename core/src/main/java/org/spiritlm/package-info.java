/**
 * The library's entrance: {@link org.spiritlm.SpiritLm} loads a model, generates text and speech,
 * encodes, decodes and scores.
 */
@NullMarked
package org.spiritlm;

import org.jspecify.annotations.NullMarked;

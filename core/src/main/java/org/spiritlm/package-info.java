/**
 * The library's entrance: {@code SpiritLm} loads a model, generates, encodes, decodes and scores.
 */
@NullMarked
package org.spiritlm;

import org.jspecify.annotations.NullMarked;

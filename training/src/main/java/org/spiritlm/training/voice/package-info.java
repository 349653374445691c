/**
 * Training what turns units into speech and what tells how speech is said: the vocoder, the pitch
 * quantizer and the style encoder.
 *
 * <p>Shapes: B items of a batch, F frames (one unit of 40 ms each where units are 25 Hz), U units
 * after deduplication, N samples, C channels, T time of a network's inside, E width of an
 * embedding, K codes.
 */
@NullMarked
package org.spiritlm.training.voice;

import org.jspecify.annotations.NullMarked;

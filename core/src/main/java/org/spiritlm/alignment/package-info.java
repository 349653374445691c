/**
 * Forced alignment: when each word of a transcript is said.
 *
 * <p>A CTC network gives each frame of the audio a probability of every label; the best way through
 * them that spells the transcript says which frames are which letter's.
 *
 * <p>Shapes: {@code N} samples, {@code T} frames, {@code D} width of the network, {@code V} labels.
 */
@NullMarked
package org.spiritlm.alignment;

import org.jspecify.annotations.NullMarked;

/**
 * Units to speech: duration predictor and unit HiFi-GAN, whole or streamed.
 *
 * <p>Shapes: B utterances, U units, F frames (one unit's length without duration prediction: 640
 * samples as released), N samples, T steps in time between two layers, C channels, D width of an
 * embedding.
 */
@NullMarked
package org.spiritlm.vocoder;

import org.jspecify.annotations.NullMarked;

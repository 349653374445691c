/**
 * Pitch tokens (12.5 Hz): fundamental frequency and voicing at 200 Hz, quantised by a VQ-VAE.
 *
 * <p>Shapes: S samples, T frames, M mels, D width of the pitch network, I inner width of its
 * convolution modules, P pitch bins, H attention heads, F random features, C channels, K codes.
 */
@NullMarked
package org.spiritlm.units.pitch;

import org.jspecify.annotations.NullMarked;

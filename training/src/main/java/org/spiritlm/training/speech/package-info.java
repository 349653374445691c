/**
 * Training what turns speech into units: the wav2vec 2.0 encoder (CTC on characters, masked
 * prediction) and its quantizers (k-means, linear by CTC).
 *
 * <p>Shapes: B waveforms of N samples, F frames of a waveform, R rows of all frames of a batch one
 * after another, C channels of the convolutions, D the encoder's width, H attention heads.
 */
@NullMarked
package org.spiritlm.training.speech;

import org.jspecify.annotations.NullMarked;

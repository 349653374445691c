/**
 * The wav2vec 2.0 architecture, which HuBERT and the style encoder share: convolutions over the
 * waveform, then a transformer.
 *
 * <p>Shapes: {@code N} samples, {@code T} frames, {@code C} channels of the convolutions, {@code D}
 * model width, {@code H} heads. Time before channels; utterances that go together stand one after
 * another.
 */
@NullMarked
package org.spiritlm.units.wav2vec2;

import org.jspecify.annotations.NullMarked;

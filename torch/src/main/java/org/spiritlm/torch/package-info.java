/**
 * A thin layer over libtorch: start-up, memory scopes, devices, weights by path, layers.
 *
 * <p>Tensors are {@link org.bytedeco.pytorch.Tensor}s themselves. Shapes stand at the end of a
 * line, with these letters: {@code B} batch, {@code T} time (frames, units or tokens), {@code C}
 * channels, {@code D} model width, {@code H} heads, {@code K} kernel, {@code N} samples, {@code V}
 * vocabulary.
 */
@NullMarked
package org.spiritlm.torch;

import org.jspecify.annotations.NullMarked;

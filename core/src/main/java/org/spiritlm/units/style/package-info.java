/** Style tokens: one class of speaking style a second, from a wav2vec 2.0 encoder. */
@NullMarked
package org.spiritlm.units.style;

import org.jspecify.annotations.NullMarked;

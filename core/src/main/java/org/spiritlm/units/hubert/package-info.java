/** Phonetic units: HuBERT features of one layer, quantized to ids. */
@NullMarked
package org.spiritlm.units.hubert;

import org.jspecify.annotations.NullMarked;

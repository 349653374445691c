/** Speech to units: HuBERT, pitch and style tokens. */
@NullMarked
package org.spiritlm.units;

import org.jspecify.annotations.NullMarked;

/** The language model: token ids only, it knows neither text nor speech. */
@NullMarked
package org.spiritlm.lm;

import org.jspecify.annotations.NullMarked;

/**
 * The measures by which speech models are judged: error rates of transcripts, errors of pitch,
 * perplexity.
 */
@NullMarked
package org.spiritlm.evaluation;

import org.jspecify.annotations.NullMarked;

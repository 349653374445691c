/**
 * How good a model is: measures (error rates of transcripts, errors of pitch, perplexity), and an
 * {@linkplain org.spiritlm.evaluation.Evaluation evaluation} that applies them to utterances which
 * the model has not seen.
 */
@NullMarked
package org.spiritlm.evaluation;

import org.jspecify.annotations.NullMarked;

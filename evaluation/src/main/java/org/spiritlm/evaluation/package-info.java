/**
 * How good a model is: errors of pitch, perplexity, and an {@linkplain
 * org.spiritlm.evaluation.Evaluation evaluation} that applies measures to utterances which the
 * model has not seen. Errors of transcripts are counted by {@link org.spiritlm.text.EditCounts}.
 */
@NullMarked
package org.spiritlm.evaluation;

import org.jspecify.annotations.NullMarked;

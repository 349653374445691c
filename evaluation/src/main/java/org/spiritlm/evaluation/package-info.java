/**
 * The measures by which speech models are judged: errors of pitch, perplexity. Errors of
 * transcripts are counted by {@link org.spiritlm.text.EditCounts}.
 */
@NullMarked
package org.spiritlm.evaluation;

import org.jspecify.annotations.NullMarked;

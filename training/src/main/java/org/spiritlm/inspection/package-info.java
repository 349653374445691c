/**
 * Looking at corpora: figures and charts of a whole one, and a page of one utterance.
 *
 * <p>{@link org.spiritlm.inspection.CorpusStatistics} gathers figures while a corpus is gone
 * through once; {@link org.spiritlm.inspection.UtterancePage} draws an utterance as HTML.
 */
@NullMarked
package org.spiritlm.inspection;

import org.jspecify.annotations.NullMarked;

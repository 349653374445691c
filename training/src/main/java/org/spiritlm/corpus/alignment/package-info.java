/** Forced alignment of whole corpora, and how far boundaries lie from where they should be. */
@NullMarked
package org.spiritlm.corpus.alignment;

import org.jspecify.annotations.NullMarked;

/**
 * Recordings with what is said in them, from corpora of any form.
 *
 * <p>An {@link org.spiritlm.corpus.Utterance} is one item; the manifest, a JSON object a line, is
 * the form in which all commands exchange them. An item that cannot be used is a {@link
 * org.spiritlm.corpus.Rejection}, with the reason.
 */
@NullMarked
package org.spiritlm.corpus;

import org.jspecify.annotations.NullMarked;

/** A model of {@link org.spiritlm.SpiritLm} for LangChain4j, in the process of the caller. */
@NullMarked
package org.spiritlm.langchain4j;

import org.jspecify.annotations.NullMarked;

/** Token strings: rendering, parsing, prompts and modality masks. */
@NullMarked
package org.spiritlm.prompt;

import org.jspecify.annotations.NullMarked;

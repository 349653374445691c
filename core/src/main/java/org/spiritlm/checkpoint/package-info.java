/** Model directories: Meta's layout, our own, conversion and initialisation. */
@NullMarked
package org.spiritlm.checkpoint;

import org.jspecify.annotations.NullMarked;

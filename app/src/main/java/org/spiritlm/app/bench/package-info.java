/**
 * What {@code spiritlm bench} measures: every part at the size of the released models, with random
 * weights.
 */
@NullMarked
package org.spiritlm.app.bench;

import org.jspecify.annotations.NullMarked;

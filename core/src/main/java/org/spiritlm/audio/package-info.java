/** Audio in memory: reading every format that FFmpeg knows, writing, resampling. */
@NullMarked
package org.spiritlm.audio;

import org.jspecify.annotations.NullMarked;

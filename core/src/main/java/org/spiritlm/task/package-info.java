/**
 * Tasks asked by examples in the prompt, as in the paper (appendix B and D): transcription, speech
 * synthesis, classification, and any other from pairs of input and output.
 */
@NullMarked
package org.spiritlm.task;

import org.jspecify.annotations.NullMarked;

package org.spiritlm.alignment;

/**
 * The frames in which one label of a target is said.
 *
 * @param label what is said
 * @param start its first frame
 * @param end the frame after its last
 * @param probability the mean of its frames' probabilities
 */
public record LabelSpan(int label, int start, int end, double probability) {}

package org.spiritlm.corpus;

/**
 * A word and the phonetic units in which it is said.
 *
 * @param word as the transcript has it
 * @param start its first unit, counted from 0 before deduplication
 * @param end the unit after its last; equal to the start where the word is shorter than a unit
 */
public record WordFrames(String word, int start, int end) {}

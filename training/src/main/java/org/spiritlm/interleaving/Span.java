package org.spiritlm.interleaving;

/**
 * Words in a row that a sequence gives in one modality.
 *
 * @param modality how they are given
 * @param firstWord the first, counted from 0
 * @param endWord the word after the last
 * @param firstUnit the first phonetic unit in which they are said, before deduplication
 * @param endUnit the unit after the last
 */
public record Span(Modality modality, int firstWord, int endWord, int firstUnit, int endUnit) {}

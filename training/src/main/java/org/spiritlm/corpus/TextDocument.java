package org.spiritlm.corpus;

/**
 * A text without speech.
 *
 * @param id the file and the place in it: {@code book.txt:17}
 * @param text never blank
 */
public record TextDocument(String id, String text) {}

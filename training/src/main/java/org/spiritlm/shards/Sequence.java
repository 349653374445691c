package org.spiritlm.shards;

/**
 * A sequence without padding.
 *
 * @param ids all of the same number
 * @param starts where documents, or parts of documents that were cut, begin; the first is 0.
 *     Attention can be confined to them
 * @param streams the stream of each of them, by its number in the options
 * @param continues whether the first is the rest of a document of the sequence before
 */
@SuppressWarnings("ArrayRecordComponent") // thousands of ids are not copied
public record Sequence(int[] ids, int[] starts, int[] streams, boolean continues) {}

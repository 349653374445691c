package org.spiritlm.lm;

/**
 * The next ids of one sequence, to be read by a model after those that its cache holds.
 *
 * @param ids at least one
 * @param cache has room for them
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record Piece(int[] ids, KvCache cache) {
  public Piece {
    if (ids.length == 0) {
      throw new IllegalArgumentException("a piece without ids");
    }
    cache.require(ids.length);
  }
}

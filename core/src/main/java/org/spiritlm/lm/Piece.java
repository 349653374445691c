package org.spiritlm.lm;

import org.jspecify.annotations.Nullable;

/**
 * The next ids of one sequence, to be read by a model after those that its cache holds, or a whole
 * sequence that is not continued.
 *
 * @param ids at least one
 * @param cache has room for them; null where nothing comes before or after them
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change it
public record Piece(int[] ids, @Nullable KvCache cache) {
  public Piece {
    if (ids.length == 0) {
      throw new IllegalArgumentException("a piece without ids");
    }
    if (cache != null) {
      cache.require(ids.length);
    }
  }

  /** A whole sequence, which is not continued. */
  public static Piece alone(int... ids) {
    return new Piece(ids, null);
  }

  /** The position of the first id. */
  int start() {
    return cache == null ? 0 : cache.length();
  }
}

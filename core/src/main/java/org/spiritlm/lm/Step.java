package org.spiritlm.lm;

import java.util.List;

/**
 * What all blocks share while a model reads some pieces: the ids of all pieces stand one after
 * another, without padding.
 *
 * @param pieces whose ids are read
 * @param angles of the ids' positions
 */
record Step(List<Piece> pieces, RotaryEmbedding.Angles angles) {
  /** Positions of all ids. */
  static int[] positions(List<Piece> pieces) {
    int[] positions = new int[pieces.stream().mapToInt(piece -> piece.ids().length).sum()];
    int at = 0;
    for (Piece piece : pieces) {
      for (int i = 0; i < piece.ids().length; i++) {
        positions[at++] = piece.start() + i;
      }
    }
    return positions;
  }
}

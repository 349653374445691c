package org.spiritlm.lm;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;

/**
 * What all blocks share while a model reads some pieces: the ids of all pieces stand one after
 * another, without padding.
 *
 * @param pieces whose ids are read
 * @param angles of the ids' positions
 * @param padded the layout in which pieces without caches are attended to together, or null where
 *     each is by itself
 * @param gathered the single ids whose caches lie together, or null where there are none
 * @param needed the places of the ids whose states are wanted, [n], or null for all; keys and
 *     values are those of all
 */
record Step(
    List<Piece> pieces,
    RotaryEmbedding.Angles angles,
    @Nullable PaddedSequences padded,
    @Nullable GatheredPieces gathered,
    @Nullable Tensor needed) {
  /**
   * How pieces are read; what it makes belongs to the enclosing scope.
   *
   * @param together where those without caches are attended to together, or null for each by itself
   */
  static Step of(List<Piece> pieces, RotaryEmbedding.Angles angles, @Nullable Device together) {
    boolean isAlone =
        together == null
            || pieces.size() == 1
            || pieces.stream().anyMatch(piece -> piece.cache() != null);
    return new Step(
        pieces,
        angles,
        isAlone ? null : padded(pieces, together),
        isAlone ? GatheredPieces.of(pieces) : null,
        null);
  }

  /** The same where no more than these states are wanted. */
  Step needing(@Nullable Tensor places) {
    return new Step(pieces, angles, padded, gathered, places);
  }

  /** The rows that are wanted, [N, D] to [n, D]. */
  Tensor needed(Tensor all) {
    return needed == null ? all : all.index_select(0, needed);
  }

  static PaddedSequences padded(List<Piece> pieces, Device device) {
    return PaddedSequences.of(pieces.stream().map(piece -> piece.ids().length).toList(), device);
  }

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

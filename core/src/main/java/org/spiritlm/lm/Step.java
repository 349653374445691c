package org.spiritlm.lm;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;

/**
 * What all blocks share while a model reads some pieces: the ids of all pieces stand one after
 * another, without padding.
 *
 * @param pieces whose ids are read
 * @param angles of the ids' positions
 * @param padded the layout in which a device attends to pieces without caches, or null where it
 *     attends to each by itself
 */
record Step(List<Piece> pieces, RotaryEmbedding.Angles angles, @Nullable PaddedSequences padded) {
  /** How pieces are read on a device; what it makes belongs to the enclosing scope. */
  static Step of(List<Piece> pieces, RotaryEmbedding.Angles angles, Device device) {
    boolean together =
        device.kind() != Device.Kind.CPU
            && pieces.size() > 1
            && pieces.stream().allMatch(piece -> piece.cache() == null);
    return new Step(pieces, angles, together ? padded(pieces, device) : null);
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

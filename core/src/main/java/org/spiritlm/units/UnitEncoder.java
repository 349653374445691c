package org.spiritlm.units;

/** One stream of units of one piece of speech. */
@FunctionalInterface
public interface UnitEncoder {
  /**
   * The units of a piece.
   *
   * @param samples 16 kHz, mono, at least {@link SpeechTokenizer#SHORTEST_PIECE} samples
   */
  int[] encode(float[] samples);
}

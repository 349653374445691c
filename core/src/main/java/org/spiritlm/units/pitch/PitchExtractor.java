package org.spiritlm.units.pitch;

/** Finds the fundamental frequency of a voice. */
@FunctionalInterface
public interface PitchExtractor {
  /**
   * The contour of one piece of audio.
   *
   * @param samples 16 kHz, mono, at least one sample
   * @return {@link PitchContour#frames} frames
   */
  PitchContour extract(float[] samples);
}

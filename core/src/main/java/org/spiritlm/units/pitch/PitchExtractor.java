package org.spiritlm.units.pitch;

/** Finds the fundamental frequency of a voice. */
@FunctionalInterface
public interface PitchExtractor {
  /**
   * The contour of one piece of audio.
   *
   * @param samples 16 kHz, mono, at least one sample
   * @return {@link PitchContour#frames} frames
   * @throws org.spiritlm.torch.InputException if a sample is not a finite number
   */
  PitchContour extract(float[] samples);
}

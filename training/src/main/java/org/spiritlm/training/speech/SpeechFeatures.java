package org.spiritlm.training.speech;

import org.bytedeco.pytorch.Tensor;

/** Features of speech, a row a frame, that can be clustered. */
public interface SpeechFeatures {
  /** Width D of a row. */
  int width();

  /** Samples from one frame to the next, at 16 kHz. */
  int stride();

  /** The middle of the first frame (samples). */
  double firstCentre();

  /**
   * Features of mono samples at 16 kHz, [F, D]; they belong to the enclosing scope. None of what is
   * shorter than a frame.
   */
  Tensor of(float[] samples);
}

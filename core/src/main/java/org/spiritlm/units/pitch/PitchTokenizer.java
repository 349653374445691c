package org.spiritlm.units.pitch;

import org.spiritlm.units.UnitEncoder;

/** Pitch tokens of a piece of speech: its contour, quantised. */
public final class PitchTokenizer implements UnitEncoder {
  private final PitchExtractor extractor;
  private final PitchQuantizer quantizer;

  public PitchTokenizer(PitchExtractor extractor, PitchQuantizer quantizer) {
    this.extractor = extractor;
    this.quantizer = quantizer;
  }

  /** Number of codes. */
  public int codes() {
    return quantizer.config().codes();
  }

  /** Pitch codes (12.5 Hz with the released quantizer). */
  @Override
  public int[] encode(float[] samples) {
    return quantizer.encode(extractor.extract(samples));
  }
}

package org.spiritlm.units.pitch;

import org.spiritlm.units.UnitEncoder;

/**
 * Speech to pitch tokens: its contour, quantised (SPIRIT LM, section 3.2).
 *
 * <p>Safe for use by several threads.
 */
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

  /**
   * Pitch codes of mono samples at 16 kHz (12.5 codes a second with the released quantizer).
   *
   * @throws org.spiritlm.torch.InputException if a sample is not a finite number
   */
  @Override
  public int[] encode(float[] samples) {
    return quantizer.encode(extractor.extract(samples));
  }
}

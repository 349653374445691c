package org.spiritlm.evaluation;

import org.spiritlm.torch.InputException;

/**
 * How the F0 of one recording differs from another's, frame by frame; those of many are added.
 *
 * <p>A frame is voiced where its F0 is above 0. Source: the definitions of gross pitch error (GPE),
 * voicing decision error (VDE) and F0 frame error (FFE) with which Table 9 of the paper was made.
 *
 * @param frames frames compared
 * @param bothVoiced frames that are voiced in both
 * @param gross frames voiced in both whose F0 differs by more than a fifth of the reference's
 * @param voicing frames that are voiced in one alone
 */
public record PitchErrors(long frames, long bothVoiced, long gross, long voicing) {
  /** Nothing compared yet. */
  public static final PitchErrors NONE = new PitchErrors(0, 0, 0, 0);

  /** A larger difference is gross, as a share of the reference's F0. */
  private static final double GROSS = 0.2;

  /**
   * Compares two tracks at the same frame rate.
   *
   * @param reference F0 of each frame (Hz), 0 where unvoiced
   * @param hypothesis the same of what is judged
   * @throws InputException if the numbers of frames differ
   */
  public static PitchErrors of(float[] reference, float[] hypothesis) {
    if (reference.length != hypothesis.length) {
      throw new InputException(
          "F0 tracks of "
              + reference.length
              + " and "
              + hypothesis.length
              + " frames cannot be compared; align the recordings first");
    }
    long both = 0;
    long gross = 0;
    long voicing = 0;
    for (int i = 0; i < reference.length; i++) {
      boolean expected = reference[i] > 0;
      boolean found = hypothesis[i] > 0;
      if (expected && found) {
        both++;
        double difference = Math.abs((double) hypothesis[i] - reference[i]);
        gross += difference > GROSS * reference[i] ? 1 : 0;
      } else if (expected != found) {
        voicing++;
      }
    }
    return new PitchErrors(reference.length, both, gross, voicing);
  }

  /** These counts and others. */
  public PitchErrors plus(PitchErrors more) {
    return new PitchErrors(
        frames + more.frames,
        bothVoiced + more.bothVoiced,
        gross + more.gross,
        voicing + more.voicing);
  }

  /** Gross pitch error: gross errors among frames voiced in both, 0 where there are none. */
  public double grossPitchError() {
    return bothVoiced == 0 ? 0 : (double) gross / bothVoiced;
  }

  /** Voicing decision error: frames of other voicing, of all. */
  public double voicingDecisionError() {
    return share(voicing);
  }

  /** F0 frame error: frames with either error, of all. */
  public double frameError() {
    return share(gross + voicing);
  }

  private double share(long count) {
    if (frames == 0) {
      throw new InputException("no frames were compared");
    }
    return (double) count / frames;
  }
}

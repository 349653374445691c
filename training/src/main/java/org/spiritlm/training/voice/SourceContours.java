package org.spiritlm.training.voice;

import java.util.function.Function;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;

/** The pitch of recordings as a generator's source follows it (2 MB an hour). */
final class SourceContours {
  private final FoundContours<PitchContour> found;
  private final int hop;

  /**
   * @param hop samples of a step
   */
  SourceContours(VoiceItems items, PitchExtractor extractor, int hop) {
    this.found = new FoundContours<>(items, extractor, Function.identity());
    this.hop = hop;
  }

  /** Those of a stretch, each in the middle of its step. */
  PitchContour stretch(int index, int from, int steps) {
    PitchContour whole = found.of(index);
    float[] hertz = new float[steps];
    boolean[] voiced = new boolean[steps];
    for (int step = 0; step < steps; step++) {
      double middle = (from + step + 0.5) * hop / PitchContour.HOP;
      int frame = Math.min((int) Math.round(middle), whole.hertz().length - 1);
      hertz[step] = whole.hertz()[frame];
      voiced[step] = whole.voiced()[frame];
    }
    return new PitchContour(hertz, voiced);
  }
}

package org.spiritlm.training.voice;

import java.util.HashMap;
import java.util.Map;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * The pitch of recordings as a generator's source follows it: each is found when it is first drawn,
 * over the whole recording, and stays in memory (2 MB an hour).
 */
final class SourceContours {
  private final VoiceItems items;
  private final PitchExtractor extractor;
  private final int hop;
  private final Map<String, PitchContour> found = new HashMap<>();

  /**
   * @param hop samples of a step
   */
  SourceContours(VoiceItems items, PitchExtractor extractor, int hop) {
    this.items = items;
    this.extractor = extractor;
    this.hop = hop;
  }

  /** Those of a stretch, each in the middle of its step. */
  PitchContour stretch(int index, int from, int steps) {
    PitchContour whole =
        found.computeIfAbsent(
            items.item(index).id(), id -> extractor.extract(items.samples(index)));
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

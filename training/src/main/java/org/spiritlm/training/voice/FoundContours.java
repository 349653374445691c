package org.spiritlm.training.voice;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;

/**
 * The pitch of recordings in the form in which it is learnt from: each is found when it is first
 * drawn, over the whole recording, once however often that stands among the items, and stays in
 * memory.
 */
final class FoundContours<T> {
  private final VoiceItems items;
  private final PitchExtractor extractor;
  private final Function<PitchContour, T> form;
  private final Map<String, T> found = new HashMap<>(); // by the recordings' ids

  /**
   * @param form what is kept of a contour
   */
  FoundContours(VoiceItems items, PitchExtractor extractor, Function<PitchContour, T> form) {
    this.items = items;
    this.extractor = extractor;
    this.form = form;
  }

  /** That of a recording. */
  T of(int recording) {
    return found.computeIfAbsent(
        items.item(recording).id(), id -> form.apply(extractor.extract(items.samples(recording))));
  }
}

package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchExtractor;
import org.spiritlm.vocoder.SourceFilterConfig;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * Draws stretches of recordings, each place as likely as every other; what a step draws follows
 * from the seed and its number alone.
 */
final class SegmentSampler {
  private final VocoderConfig config;
  private final VoiceItems items;
  private final VoiceFrames frames;
  private final int batch;
  private final int length;
  private final long seed;
  private final Places places;
  private final @Nullable SourceContours contours;

  /**
   * @param batch stretches of a step
   * @param length frames of each
   * @param extractor finds the pitch that a generator's source follows; not asked where it has none
   * @throws InputException if no item is long enough, or one does not fit the vocoder
   */
  SegmentSampler(
      VocoderConfig config,
      VoiceItems items,
      int batch,
      int length,
      long seed,
      Supplier<PitchExtractor> extractor) {
    this.config = config;
    this.items = items;
    this.frames = new VoiceFrames(config, items);
    this.batch = batch;
    this.length = length;
    this.seed = seed;
    SourceFilterConfig source = config.generator().sourceFilter();
    this.contours =
        source == null ? null : new SourceContours(items, extractor.get(), source.hop());
    int[] lengths = new int[items.count()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = frames.count(i);
    }
    this.places = new Places(lengths, length);
    if (places.recordings() == 0) {
      throw new InputException(
          "none of "
              + items.count()
              + " recordings has the "
              + length
              + " frames of a stretch; give longer ones, or a smaller 'segment'");
    }
  }

  /** Recordings that are drawn from. */
  int recordings() {
    return places.recordings();
  }

  /** The batch of a step, counted from 0. */
  VoiceBatch draw(long step) {
    SplittableRandom random = Places.random(seed, step);
    int[] indexes = new int[batch];
    int[] from = new int[batch];
    float[][] samples = new float[batch][];
    int[][] units = new int[batch][];
    List<String> ids = new ArrayList<>();
    List<PitchContour> pitch = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      Places.Place place = places.draw(random);
      indexes[i] = place.recording();
      from[i] = place.from();
      int first = from[i] * config.hop();
      samples[i] =
          Arrays.copyOfRange(items.samples(indexes[i]), first, first + length * config.hop());
      if (contours != null) {
        int steps = config.generator().steps();
        pitch.add(contours.stretch(indexes[i], from[i] * steps, length * steps));
      }
      VoiceItem item = items.item(indexes[i]);
      units[i] = item.units().hubert();
      ids.add(item.id());
    }
    return new VoiceBatch(
        ids,
        from,
        frames.stretches(indexes, from, length),
        samples,
        pitch,
        DurationBatch.of(units));
  }
}

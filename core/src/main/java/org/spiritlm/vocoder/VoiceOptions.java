package org.spiritlm.vocoder;

import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Who speaks, and how.
 *
 * @param speaker a name or number of the vocoder's speakers, or null for its default
 * @param style a name or number of the model's styles of speaking, or null for the default. In a
 *     BASE model it is the vocoder's. In an EXPRESSIVE one it is said by a style token, that which
 *     is the best example of the name: answers are held to it, and what is spoken anew gets it
 *     throughout; a vocoder alone does not know the names
 * @param predictDurations whether units are deduplicated, so that their lengths are predicted;
 *     otherwise each unit is one frame. Without effect on a vocoder that has no duration predictor
 * @param lookAhead frames that streamed speech waits for, or null for as many as the vocoder sees
 *     ({@link Vocoder#lookAhead}), so that it is what the whole would be; with fewer it begins
 *     sooner and differs a little, see {@link VocoderStream}. Without effect on speech that is not
 *     streamed, and where the vocoder sees no more
 */
public record VoiceOptions(
    @Nullable String speaker,
    @Nullable String style,
    boolean predictDurations,
    @Nullable Integer lookAhead) {
  private static final VoiceOptions STANDARD = new VoiceOptions(null, null, true, null);

  /**
   * @throws InputException if the look-ahead is not positive
   */
  public VoiceOptions {
    if (lookAhead != null && lookAhead < 1) {
      throw new InputException("The look-ahead must be 1 frame or more, found " + lookAhead);
    }
  }

  /** The vocoder's default voice, with predicted durations. */
  public static VoiceOptions standard() {
    return STANDARD;
  }

  /** The same with this speaker. */
  public VoiceOptions withSpeaker(@Nullable String name) {
    return new VoiceOptions(name, style, predictDurations, lookAhead);
  }

  /** The same with this style of speaking. */
  public VoiceOptions withStyle(@Nullable String name) {
    return new VoiceOptions(speaker, name, predictDurations, lookAhead);
  }

  /** The same with durations predicted or not. */
  public VoiceOptions withPredictedDurations(boolean predict) {
    return new VoiceOptions(speaker, style, predict, lookAhead);
  }

  /**
   * The same with streamed speech that waits for so many frames.
   *
   * @throws InputException if there are none
   */
  public VoiceOptions withLookAhead(@Nullable Integer frames) {
    return new VoiceOptions(speaker, style, predictDurations, frames);
  }
}

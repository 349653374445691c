package org.spiritlm.training.voice;

import org.jspecify.annotations.Nullable;
import org.spiritlm.units.SpeechUnits;

/**
 * A recording that a voice is learnt from.
 *
 * @param id for people
 * @param units at their full rates: nothing is deduplicated
 * @param samples how many samples of 16 kHz it has
 * @param speaker who speaks, or null where that is not known
 * @param style how it is said, or null where that is not known
 */
public record VoiceItem(
    String id, SpeechUnits units, int samples, @Nullable String speaker, @Nullable String style) {}

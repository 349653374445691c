package org.spiritlm.units;

import org.jspecify.annotations.Nullable;

/**
 * Speech as tokens, each stream at its own rate and not deduplicated.
 *
 * @param hubert phonetic units (25 Hz)
 * @param pitch pitch codes (12.5 Hz), or null for a BASE model
 * @param style style codes (1 Hz), or null for a BASE model
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
public record SpeechUnits(int[] hubert, int @Nullable [] pitch, int @Nullable [] style) {}

package org.spiritlm.vocoder;

import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;

/**
 * What a vocoder made of units.
 *
 * @param audio the speech
 * @param durations the frames of each unit, or null where they were not predicted
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
public record Synthesis(Audio audio, int @Nullable [] durations) {}

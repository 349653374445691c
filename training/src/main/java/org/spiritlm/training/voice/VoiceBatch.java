package org.spiritlm.training.voice;

import java.util.List;

/**
 * What one step of the vocoder's training learns from.
 *
 * @param ids of the items
 * @param from the first frame of each stretch in its item
 * @param frames the stretches as the generator takes them
 * @param samples their sounds
 * @param durations the whole items for the duration predictor
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
record VoiceBatch(
    List<String> ids, int[] from, FrameBatch frames, float[][] samples, DurationBatch durations) {}

package org.spiritlm.training.voice;

import java.util.List;
import org.spiritlm.units.pitch.PitchContour;

/**
 * What one step of the vocoder's training learns from.
 *
 * @param ids of the items
 * @param from the first frame of each stretch in its item
 * @param frames the stretches as the generator takes them
 * @param samples their sounds
 * @param contours their pitch, one entry a step of the generator's source; empty where it has none
 * @param durations the whole items for the duration predictor
 */
@SuppressWarnings("ArrayRecordComponent") // owners do not change them
record VoiceBatch(
    List<String> ids,
    int[] from,
    FrameBatch frames,
    float[][] samples,
    List<PitchContour> contours,
    DurationBatch durations) {}

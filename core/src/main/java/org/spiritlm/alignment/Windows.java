package org.spiritlm.alignment;

import org.spiritlm.audio.Audio;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * How long recordings are cut: each window gives its own frames, and sees some before and after
 * them besides.
 *
 * @param frames frames that a window gives
 * @param context frames that it sees on either side
 */
record Windows(int frames, int context) {
  private static final double SECONDS = 30;
  private static final double CONTEXT_SECONDS = 2;

  /** Windows of 30 s with 2 s on either side. */
  static Windows of(Wav2Vec2Config config) {
    double rate = (double) Audio.SPEECH_RATE / config.stride();
    return new Windows(
        Math.max(1, (int) Math.round(SECONDS * rate)),
        Math.max(1, (int) Math.round(CONTEXT_SECONDS * rate)));
  }

  /** Frames of the longest recording that is not cut. */
  int whole() {
    return frames + 2 * context;
  }

  /** Samples of the longest recording that is not cut. */
  int wholeSamples(Wav2Vec2Config config) {
    return Math.toIntExact((whole() - 1) * config.stride() + config.receptiveField());
  }
}

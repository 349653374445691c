package org.spiritlm.vocoder;

import java.util.Arrays;

/**
 * Frames of units whose durations are predicted. A duration depends on two units after its own;
 * only that there is at least one frame of a unit is certain without them.
 */
final class PredictedFrames implements FrameSource {
  private static final int CONTEXT = VocoderConfig.DurationPredictorConfig.CONTEXT;

  private final Vocoder vocoder;
  // The units without a duration yet, after those before them that theirs depend on.
  private Frames window;
  private int settled;
  private boolean begun; // the first frame of the first unit without a duration is given out

  PredictedFrames(Vocoder vocoder) {
    this.vocoder = vocoder;
    this.window = Frames.none(vocoder.config());
  }

  @Override
  public Frames add(Streams more) {
    window = window.plus(more.aligned());
    Frames frames = settle(window.count() - CONTEXT);
    if (!begun && settled < window.count()) {
      begun = true;
      frames = frames.plus(window.range(settled, settled + 1));
    }
    return frames;
  }

  @Override
  public Frames finish() {
    return settle(window.count());
  }

  /** Fixes the durations of the window's units before one, and gives out their frames. */
  private Frames settle(int end) {
    if (end <= settled) {
      return window.range(0, 0);
    }
    int[] durations = vocoder.durations(window.unit());
    Frames units = window.range(settled, end);
    int[] left = Arrays.copyOfRange(durations, settled, end);
    left[0] -= begun ? 1 : 0;
    begun = false;
    int start = Math.max(0, end - CONTEXT);
    window = window.range(start, window.count());
    settled = end - start;
    return units.repeated(left);
  }
}

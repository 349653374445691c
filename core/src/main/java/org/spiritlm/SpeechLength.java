package org.spiritlm;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.vocoder.Vocoder;

/**
 * How many frames the units of an answer last, as far as that is certain: a predicted duration
 * depends on two units before and after its own, and is at least one frame.
 */
final class SpeechLength {
  private final @Nullable Vocoder vocoder; // null where each unit is one frame
  private int[] window = {}; // the newest units, with those that their durations depend on
  private int settled; // units at the window's start whose durations are counted
  private long frames;

  /**
   * @param vocoder whose durations are counted, or null where each unit is one frame
   */
  SpeechLength(@Nullable Vocoder vocoder) {
    this.vocoder = vocoder;
  }

  /** Counts the next unit. */
  void add(int unit) {
    if (vocoder == null) {
      frames++;
      return;
    }
    window = Arrays.copyOf(window, window.length + 1);
    window[window.length - 1] = unit;
    settle(window.length - Vocoder.DURATION_CONTEXT);
  }

  /** What follows is another utterance. */
  void endUtterance() {
    settle(window.length);
    window = new int[0];
    settled = 0;
  }

  private void settle(int end) {
    if (vocoder == null || end <= settled) {
      return;
    }
    int[] durations = vocoder.durations(window);
    for (int i = settled; i < end; i++) {
      frames += durations[i];
    }
    int start = Math.max(0, end - Vocoder.DURATION_CONTEXT);
    window = Arrays.copyOfRange(window, start, window.length);
    settled = end - start;
  }

  /** Frames that there are at least. */
  long frames() {
    return frames + window.length - settled;
  }
}

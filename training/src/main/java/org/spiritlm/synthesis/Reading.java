package org.spiritlm.synthesis;

import java.util.List;

/**
 * How FreeTTS would say a text: its phones, and points through which the pitch goes.
 *
 * @param phones in order, a pause first and last
 * @param pitch in order of time
 */
record Reading(List<PlannedPhone> phones, List<PitchPoint> pitch) {
  Reading {
    phones = List.copyOf(phones);
    pitch = List.copyOf(pitch);
  }

  /**
   * A sound of speech.
   *
   * @param name as in {@link Phone}
   * @param word as in {@link Phone}
   * @param seconds how long it takes
   */
  record PlannedPhone(String name, int word, double seconds) {
    boolean isPause() {
      return word == Phone.NO_WORD;
    }
  }

  /**
   * A point of the pitch.
   *
   * @param time seconds from the beginning
   * @param height in standard deviations from the mean
   */
  record PitchPoint(double time, double height) {}
}

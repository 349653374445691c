package org.spiritlm.vocoder;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The generator's input as numbers: one entry of each stream a frame.
 *
 * @param unit units
 * @param pitch pitch codes, or null where the vocoder takes none
 * @param style style tokens, or null where the vocoder takes none
 */
@SuppressWarnings("ArrayRecordComponent")
record Frames(int[] unit, int @Nullable [] pitch, int @Nullable [] style) {

  /** The empty utterance. */
  static Frames none(VocoderConfig config) {
    return new Frames(
        new int[0],
        config.pitch() == null ? null : new int[0],
        config.styleTokens() == null ? null : new int[0]);
  }

  /** These, then others. */
  Frames plus(Frames more) {
    return new Frames(
        joined(unit, more.unit),
        pitch == null || more.pitch == null ? null : joined(pitch, more.pitch),
        style == null || more.style == null ? null : joined(style, more.style));
  }

  private static int[] joined(int[] head, int[] tail) {
    int[] all = Arrays.copyOf(head, Math.addExact(head.length, tail.length));
    System.arraycopy(tail, 0, all, head.length, tail.length);
    return all;
  }

  /** Frames that all last as long as these durations say. */
  Frames repeated(int[] durations) {
    return new Frames(
        repeat(unit, durations),
        pitch == null ? null : repeat(pitch, durations),
        style == null ? null : repeat(style, durations));
  }

  /** How many there are. */
  int count() {
    return unit.length;
  }

  /** The frames of a range, with zeros where it reaches beyond the last. */
  Frames range(int from, int to) {
    return new Frames(
        Arrays.copyOfRange(unit, from, to),
        pitch == null ? null : Arrays.copyOfRange(pitch, from, to),
        style == null ? null : Arrays.copyOfRange(style, from, to));
  }

  private static int[] repeat(int[] values, int[] durations) {
    int[] repeated = new int[Arrays.stream(durations).reduce(0, Math::addExact)];
    int at = 0;
    for (int i = 0; i < values.length; i++) {
      Arrays.fill(repeated, at, at + durations[i], values[i]);
      at += durations[i];
    }
    return repeated;
  }
}

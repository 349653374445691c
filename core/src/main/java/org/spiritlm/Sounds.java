package org.spiritlm;

import java.util.Arrays;
import java.util.List;
import org.spiritlm.audio.Audio;

/** Pieces of audio, cut and joined. */
final class Sounds {
  private Sounds() {}

  /** Pieces of one rate, at least one, one after another. */
  static Audio joined(List<Audio> pieces) {
    if (pieces.size() == 1) {
      return pieces.get(0);
    }
    int length =
        pieces.stream().mapToInt(piece -> piece.samples().length).reduce(0, Math::addExact);
    float[] samples = new float[length];
    int at = 0;
    for (Audio piece : pieces) {
      System.arraycopy(piece.samples(), 0, samples, at, piece.samples().length);
      at += piece.samples().length;
    }
    return new Audio(samples, pieces.get(0).sampleRate());
  }

  /** The first samples, at most so many. */
  static Audio first(Audio audio, long most) {
    return most >= audio.samples().length
        ? audio
        : new Audio(Arrays.copyOf(audio.samples(), (int) most), audio.sampleRate());
  }

  /** The audio without its first samples. */
  static Audio without(Audio audio, int first) {
    float[] samples = audio.samples();
    return new Audio(
        Arrays.copyOfRange(samples, Math.min(first, samples.length), samples.length),
        audio.sampleRate());
  }
}

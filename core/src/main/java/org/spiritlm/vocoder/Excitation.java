package org.spiritlm.vocoder;

import org.spiritlm.audio.Audio;
import org.spiritlm.units.pitch.PitchContour;

/**
 * The source of a voice before its filter: all harmonics of the fundamental frequency below half
 * the sample rate with one amplitude, and white noise, both with a mean square of 1.
 *
 * <p>It is made in blocks, each from the middle of a step of the contour to the middle of the next;
 * where it stands (phase, random numbers) goes on from block to block, and is the same for every
 * utterance with this contour. Each voice begins with a pulse, so that the smallest differences of
 * frequencies, which add up in the phase, do not do so for longer than a voice lasts. Not
 * thread-safe.
 */
public final class Excitation {
  /** Below it (Hz) no number of harmonics is counted. */
  private static final double LOWEST = 20;

  /** Of half the phase: below it a pulse is at its peak. */
  private static final double PEAK = 1e-6;

  private final int hop;
  private final float[] pulses; // the latest block
  private final float[] noise;
  private boolean begun;
  private double phase;
  private long drawn; // where the random numbers stand

  /** Begins an utterance with steps of so many samples. */
  public Excitation(int hop) {
    this.hop = hop;
    this.pulses = new float[hop];
    this.noise = new float[hop];
  }

  /** Another that stands where this one does, and goes on without it. */
  Excitation copy() {
    Excitation copy = new Excitation(hop);
    System.arraycopy(pulses, 0, copy.pulses, 0, hop);
    System.arraycopy(noise, 0, copy.noise, 0, hop);
    copy.begun = begun;
    copy.phase = phase;
    copy.drawn = drawn;
    return copy;
  }

  /**
   * The pieces of the next steps, each of two blocks: before the middle of its step, and after.
   *
   * @param contour one entry a step; the step after the last of these, to which its pitch glides,
   *     as well, if there is one
   * @param steps how many
   * @param harmonics gets the harmonics, [steps, 2 · hop] in row-major order
   * @param breath gets the noise, likewise
   * @param at place of the first in both
   */
  public void pieces(PitchContour contour, int steps, float[] harmonics, float[] breath, int at) {
    int last = contour.hertz().length - 1;
    if (!begun && steps > 0) {
      begun = true;
      block(contour, 0, 0);
    }
    for (int step = 0; step < steps; step++) {
      int piece = at + 2 * step * hop;
      copy(harmonics, breath, piece);
      block(contour, step, Math.min(step + 1, last));
      copy(harmonics, breath, piece + hop);
    }
  }

  private void copy(float[] harmonics, float[] breath, int at) {
    System.arraycopy(pulses, 0, harmonics, at, hop);
    System.arraycopy(noise, 0, breath, at, hop);
  }

  /**
   * Makes the next block, between two steps of a contour: the frequency glides from one to the
   * other, and half-way the voice begins or ends.
   */
  private void block(PitchContour contour, int from, int to) {
    double first = contour.hertz()[from];
    double last = contour.hertz()[to];
    double highest = Math.max(LOWEST, Math.max(first, last));
    int count = Math.max(1, (int) Math.ceil(Audio.SPEECH_RATE / 2.0 / highest) - 1);
    double level = Math.sqrt(2.0 / count);
    for (int i = 0; i < hop; i++) {
      double hertz = first + (last - first) * (i + 0.5) / hop;
      boolean voiced = contour.voiced()[2 * i < hop ? from : to];
      phase = voiced ? phase + 2 * Math.PI * hertz / Audio.SPEECH_RATE : 0;
      phase -= phase >= 2 * Math.PI ? 2 * Math.PI : 0;
      pulses[i] = voiced ? (float) (level * cosines(count)) : 0;
      noise[i] = (float) (Math.sqrt(3) * (2 * random() - 1));
    }
  }

  /** A number from 0 to 1: those of a {@link java.util.SplittableRandom} of seed 0. */
  private double random() {
    drawn += 0x9E3779B97F4A7C15L;
    long mixed = (drawn ^ (drawn >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return ((mixed ^ (mixed >>> 31)) >>> 11) * 0x1p-53;
  }

  /** The sum of the cosines of the first multiples of the phase, by Dirichlet's kernel. */
  private double cosines(int count) {
    double half = Math.sin(phase / 2);
    return Math.abs(half) < PEAK ? count : Math.sin((count + 0.5) * phase) / (2 * half) - 0.5;
  }
}

package org.spiritlm.server;

/**
 * Tells speech from silence by its energy, with hysteresis.
 *
 * <p>The noise is the level that lately was not undercut: it follows quieter frames at once, and
 * louder ones by 20 dB a second, but by 2 while somebody speaks, so that a steady noise is not
 * taken for speech for long. Speech begins with {@value #ONSET} frames in a row that stand out from
 * the noise by a margin, and goes on until, for the time that counts as silence, none stands out by
 * half of it.
 */
final class VoiceActivity {
  /** Samples that are judged together, 20 ms. */
  static final int FRAME = SpokenAnswer.PCM_RATE / 50;

  /** Frames in a row with which speech begins. */
  static final int ONSET = 3;

  /** The noise is taken to be between these (dB of full scale). */
  private static final double QUIETEST = -65;

  private static final double LOUDEST = -30;

  /** And at first no louder than this, as somebody may be speaking already. */
  private static final double LOUDEST_AT_FIRST = -50;

  /** How fast the noise rises (dB a frame). */
  private static final double RISE = 20.0 / 50;

  private static final double RISE_IN_SPEECH = 2.0 / 50;

  /** The margin of thresholds 0 and 1 (dB). */
  private static final double LEAST_MARGIN = 6;

  private static final double MOST_MARGIN = 30;

  private final double margin;
  private final int silence; // frames
  private double noise = LOUDEST_AT_FIRST;
  private boolean speaking;
  private int loud; // frames in a row
  private int quiet;

  /** What a frame changes. */
  enum Change {
    NONE,
    STARTED,
    STOPPED
  }

  VoiceActivity(TurnDetection detection) {
    this.margin = LEAST_MARGIN + detection.threshold() * (MOST_MARGIN - LEAST_MARGIN);
    this.silence = Math.max(1, detection.silenceMillis() / 20);
  }

  boolean isSpeaking() {
    return speaking;
  }

  /** Judges the next {@value #FRAME} samples. */
  Change add(short[] samples, int from) {
    double level = level(samples, from);
    noise =
        Math.min(
            LOUDEST,
            Math.max(QUIETEST, Math.min(level, noise + (speaking ? RISE_IN_SPEECH : RISE))));
    loud = level > noise + margin ? loud + 1 : 0;
    quiet = level > noise + margin / 2 ? 0 : quiet + 1;
    if (!speaking && loud >= ONSET) {
      speaking = true;
      return Change.STARTED;
    }
    if (speaking && quiet >= silence) {
      restart();
      return Change.STOPPED;
    }
    return Change.NONE;
  }

  /** Nobody speaks any more; the noise is still known. */
  void restart() {
    speaking = false;
    loud = 0;
    quiet = 0;
  }

  /** Mean energy (dB of full scale). */
  private static double level(short[] samples, int from) {
    double sum = 0;
    for (int i = from; i < from + FRAME; i++) {
      double sample = samples[i] / 32768.0;
      sum += sample * sample;
    }
    return 10 * Math.log10(sum / FRAME + 1e-10);
  }
}

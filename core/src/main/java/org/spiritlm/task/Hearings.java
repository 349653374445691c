package org.spiritlm.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.spiritlm.Segment;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.audio.Resampler;
import org.spiritlm.audio.TimeStretch;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.torch.InputException;

/**
 * What is heard of a recording that is listened to more than once. Units fall on a grid of frames,
 * and a sound between two of them, or said fast, becomes others than it would elsewhere; heard half
 * a frame later, and more slowly, the same words have other errors.
 *
 * <p>Safe for use by several threads.
 */
public final class Hearings {
  /** Longer recordings are heard once. */
  public static final double LONGEST_SECONDS = 60;

  /** The speed of what is heard more slowly, which has so many more tokens. */
  public static final double SLOWER = 0.87;

  private final List<SpeechTokens> tokens;

  private Hearings(List<SpeechTokens> tokens) {
    this.tokens = List.copyOf(tokens);
  }

  /**
   * Speech as it is, and nothing else.
   *
   * @throws InputException if it cannot be read, is too short, or has tokens that the model does
   *     not have
   */
  public static Hearings once(SpiritLm model, Segment.Speech speech) {
    return new Hearings(List.of(model.tokens(speech)));
  }

  /**
   * Speech as it is, half a frame later, and slower; only as it is where it is longer than {@link
   * #LONGEST_SECONDS} or there is no sound of it.
   *
   * @throws InputException as {@link #once}
   */
  public static Hearings several(SpiritLm model, Segment.Speech speech) {
    List<SpeechTokens> tokens = new ArrayList<>(List.of(model.tokens(speech)));
    float[] samples = samples(speech);
    if (samples.length > 0) {
      int half = (int) Math.round(Audio.SPEECH_RATE / model.tokenLayout().hubertRate() / 2);
      float[] later = new float[half + samples.length];
      System.arraycopy(samples, 0, later, half, samples.length);
      for (float[] other : List.of(later, TimeStretch.stretched(samples, SLOWER))) {
        tokens.add(model.tokens(Segment.speech(new Audio(other, Audio.SPEECH_RATE))));
      }
    }
    return new Hearings(tokens);
  }

  /** What is heard, first as it is; at least that. */
  List<SpeechTokens> tokens() {
    return tokens;
  }

  /** What is heard as it is, and of the rest that which is wanted. */
  Hearings with(Predicate<SpeechTokens> wanted) {
    List<SpeechTokens> kept = new ArrayList<>(tokens);
    kept.subList(1, kept.size()).removeIf(wanted.negate());
    return new Hearings(kept);
  }

  /** At {@link Audio#SPEECH_RATE}; none where there are none, or too many. */
  private static float[] samples(Segment.Speech speech) {
    Audio audio = speech.audio();
    if (audio == null && speech.file() != null) {
      try (AudioReader reader = AudioReader.open(speech.file(), AudioReader.Options.speech())) {
        audio = reader.measure() <= LONGEST_SECONDS ? AudioReader.read(speech.file()) : null;
      }
    }
    if (audio == null || audio.seconds() > LONGEST_SECONDS) {
      return new float[0];
    }
    return audio.sampleRate() == Audio.SPEECH_RATE
        ? audio.samples()
        : Resampler.resample(audio.samples(), audio.sampleRate(), Audio.SPEECH_RATE);
  }
}

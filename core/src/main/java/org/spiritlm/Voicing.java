package org.spiritlm;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Synthesis;
import org.spiritlm.vocoder.Vocoder;

/**
 * Speaks one answer: how its runs of speech sound, and that all of them together are not longer
 * than asked for.
 */
final class Voicing {
  private final @Nullable Vocoder vocoder;
  private final StyledVoice voice;
  private final int fallbackStyle;
  private final SpeechTokens promptSpeech;
  private long samplesLeft;
  private long nanos;
  private @Nullable Long firstAudio;

  /**
   * @param vocoder or null where nothing is spoken
   * @param voice in which, rather than in that of the options
   * @param promptSpeech the speech at the prompt's end, if it ends so
   */
  Voicing(
      @Nullable Vocoder vocoder,
      StyledVoice voice,
      GenerationOptions options,
      SpeechTokens promptSpeech) {
    this.vocoder = vocoder;
    this.voice = voice;
    this.promptSpeech = promptSpeech;
    this.fallbackStyle = vocoder == null ? 0 : voice.fallback(vocoder, options.sampling().seed());
    this.samplesLeft =
        vocoder == null || options.maxSeconds() == Double.POSITIVE_INFINITY
            ? Long.MAX_VALUE
            : (long) (options.maxSeconds() * vocoder.config().sampleRate());
  }

  /**
   * The style of speech that has pitch but no style: one of the reference's three, which the seed
   * chooses (there it is drawn).
   */
  static int fallbackStyle(Vocoder vocoder, long seed) {
    List<Integer> styles = SpeechTokens.FALLBACK_STYLES;
    int style = styles.get((int) Math.floorMod(seed, (long) styles.size()));
    return vocoder.config().styleTokens() == null
        ? style
        : Math.min(style, vocoder.config().styleTokens().count() - 1);
  }

  /** Whether anything is spoken. */
  boolean isOn() {
    return vocoder != null;
  }

  /** Whether the prompt ends with speech. */
  boolean continuesSpeech() {
    return !promptSpeech.tokens().isEmpty();
  }

  /** Starts to speak a run while its tokens come. */
  SpeechStream stream() {
    return new SpeechStream(required(), voice.voice(), fallbackStyle, voice.style());
  }

  /**
   * A run as a whole.
   *
   * @return null where it cannot be spoken: nothing is to be, it has no units, or no pitch where
   *     the vocoder takes it
   */
  @Nullable Audio speak(SpeechTokens run) {
    return vocoder == null || !canBeSpoken(run) ? null : limited(synthesize(run));
  }

  /**
   * A run that goes on with the prompt's speech: both are spoken together, and the prompt's share
   * of the samples, by its share of the units, is cut off. The reference counts one unit too many.
   */
  @Nullable Audio speakAfterPrompt(SpeechTokens run) {
    SpeechTokens all = promptSpeech.plus(voice.begun(run));
    if (vocoder == null || !canBeSpoken(all)) {
      return null;
    }
    Audio audio = synthesize(all);
    double share = (double) promptSpeech.hubertCount() / (all.hubertCount() + 1);
    return limited(Sounds.without(audio, (int) Math.ceil(audio.samples().length * share)));
  }

  private boolean canBeSpoken(SpeechTokens run) {
    return run.hubertCount() > 0
        && (required().config().pitch() == null || run.has(SpeechTokens.Kind.PITCH));
  }

  private Audio synthesize(SpeechTokens run) {
    long began = System.nanoTime();
    SpeechUnits units = run.units(() -> fallbackStyle);
    Synthesis synthesis = required().synthesizeUnits(units, voice.voice());
    spent(began);
    return synthesis.audio();
  }

  private Vocoder required() {
    if (vocoder == null) {
      throw new IllegalStateException("nothing is spoken");
    }
    return vocoder;
  }

  /** The samples that are still allowed; null if there are none. */
  @Nullable Audio limited(Audio audio) {
    Audio cut = Sounds.first(audio, samplesLeft);
    samplesLeft -= cut.samples().length;
    if (cut.samples().length == 0) {
      return null;
    }
    if (firstAudio == null) {
      firstAudio = System.nanoTime();
    }
    return cut;
  }

  /** Counts time since then as spent on speaking. */
  void spent(long began) {
    nanos += System.nanoTime() - began;
  }

  /** Seconds spent on speaking. */
  double seconds() {
    return nanos / 1e9;
  }

  /** Seconds from a time to the first samples, or null if there are none. */
  @Nullable Double firstAudioSince(long began) {
    return firstAudio == null ? null : (firstAudio - began) / 1e9;
  }
}

package org.spiritlm;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VocoderStream;

/** Speaks what is there as a whole, but in shares, so that not all of its audio is in memory. */
final class LongSpeech {
  /** Tokens or units of a share: about ten seconds. */
  private static final int SHARE = 250;

  private LongSpeech() {}

  /** Speaks tokens by a stream, which is closed. */
  static void speak(SpeechTokens speech, SpeechStream stream, Consumer<Audio> listener) {
    try (stream) {
      List<Token> tokens = speech.tokens();
      for (int at = 0; at < tokens.size(); at += SHARE) {
        int end = Math.min(tokens.size(), at + SHARE);
        give(stream.accept(new SpeechTokens(tokens.subList(at, end))), listener);
      }
      give(stream.finish(), listener);
    }
  }

  /** Speaks units, each stream at its own rate, by a stream, which is closed. */
  static void speak(SpeechUnits units, VocoderStream stream, Consumer<Audio> listener) {
    try (stream) {
      int shares = Math.max(1, -Math.floorDiv(-units.hubert().length, SHARE));
      for (int i = 0; i < shares; i++) {
        SpeechUnits share =
            new SpeechUnits(
                share(units.hubert(), i, shares),
                units.pitch() == null ? null : share(units.pitch(), i, shares),
                units.style() == null ? null : share(units.style(), i, shares));
        give(stream.accept(share), listener);
      }
      give(stream.finish(), listener);
    }
  }

  private static int[] share(int[] values, int share, int shares) {
    return Arrays.copyOfRange(
        values,
        (int) ((long) values.length * share / shares),
        (int) ((long) values.length * (share + 1) / shares));
  }

  private static void give(Audio audio, Consumer<Audio> listener) {
    if (audio.samples().length > 0) {
      listener.accept(audio);
    }
  }
}

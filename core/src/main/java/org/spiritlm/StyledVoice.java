package org.spiritlm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * The voice that was asked for, and the token that says its style: a vocoder of a BASE model is
 * told the style of speaking, an EXPRESSIVE model has it in its tokens.
 *
 * @param voice as the vocoder takes it
 * @param style the style token that all speech has; null where the style is as it comes, or is the
 *     vocoder's
 */
record StyledVoice(VoiceOptions voice, @Nullable Integer style) {
  /** A voice whose style is the vocoder's, if it has one. */
  static StyledVoice ofVocoder(VoiceOptions asked) {
    return new StyledVoice(asked, null);
  }

  /**
   * A voice whose style is said by a token.
   *
   * @throws org.spiritlm.torch.InputException if there is no such style
   */
  static StyledVoice ofTokens(VoiceOptions asked, StyleNames names) {
    String style = asked.style();
    return style == null
        ? ofVocoder(asked)
        : new StyledVoice(asked.withStyle(null), names.token(style));
  }

  /** The style of speech that has none, see {@link Voicing#fallbackStyle}. */
  int fallback(Vocoder vocoder, long seed) {
    return style == null ? Voicing.fallbackStyle(vocoder, seed) : style;
  }

  /** Speech in this style, whichever it had. */
  SpeechTokens of(SpeechTokens speech) {
    if (style == null) {
      return speech;
    }
    Token held = new Token(Kind.STYLE, style);
    return new SpeechTokens(
        speech.tokens().stream().map(each -> each.kind() == Kind.STYLE ? held : each).toList());
  }

  /** The same for units. */
  SpeechUnits of(SpeechUnits speech) {
    if (style == null || speech.style() == null) {
      return speech;
    }
    int[] held = new int[speech.style().length];
    Arrays.fill(held, style);
    return new SpeechUnits(speech.hubert(), speech.pitch(), held);
  }

  /** Speech that goes on with other speech, in this style from its first unit on. */
  SpeechTokens begun(SpeechTokens speech) {
    return style == null
        ? speech
        : new SpeechTokens(List.of(new Token(Kind.STYLE, style))).plus(speech);
  }

  /**
   * Forbids the tokens of other styles.
   *
   * @throws org.spiritlm.torch.InputException if the model has no token of this one
   */
  void forbidOthers(BitSet forbidden, Vocabulary vocabulary) {
    if (style != null) {
      int own = new SpeechTokens(List.of(new Token(Kind.STYLE, style))).ids(vocabulary)[0];
      forbidden.set(vocabulary.style().from(), vocabulary.style().to());
      forbidden.clear(own);
    }
  }
}

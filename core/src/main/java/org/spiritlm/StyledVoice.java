package org.spiritlm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * The voice that was asked for, and the style tokens that say its style: a vocoder of a BASE model
 * is told the style of speaking, an EXPRESSIVE model has it in its tokens.
 *
 * @param voice as the vocoder takes it
 * @param styles the tokens of the style that was asked for, the best example first; empty where the
 *     style is as it comes, or is the vocoder's
 */
record StyledVoice(VoiceOptions voice, List<Integer> styles) {
  StyledVoice {
    styles = List.copyOf(styles);
  }

  /** A voice whose style is the vocoder's, if it has one. */
  static StyledVoice ofVocoder(VoiceOptions asked) {
    return new StyledVoice(asked, List.of());
  }

  /**
   * A voice whose style is said in tokens.
   *
   * @throws org.spiritlm.torch.InputException if there is no such style
   */
  static StyledVoice ofTokens(VoiceOptions asked, StyleNames names) {
    String style = asked.style();
    return style == null
        ? ofVocoder(asked)
        : new StyledVoice(asked.withStyle(null), names.tokens(style));
  }

  /** The token that all speech is given, or null where it keeps its own. */
  @Nullable Integer held() {
    return styles.isEmpty() ? null : styles.get(0);
  }

  /** The style of speech that has none, see {@link Voicing#fallbackStyle}. */
  int fallback(Vocoder vocoder, long seed) {
    return styles.isEmpty() ? Voicing.fallbackStyle(vocoder, seed) : styles.get(0);
  }

  /** Speech in this style, whichever it had. */
  SpeechTokens of(SpeechTokens speech) {
    if (styles.isEmpty()) {
      return speech;
    }
    Token held = new Token(Kind.STYLE, styles.get(0));
    return new SpeechTokens(
        speech.tokens().stream().map(each -> each.kind() == Kind.STYLE ? held : each).toList());
  }

  /** The same for units. */
  SpeechUnits of(SpeechUnits speech) {
    if (styles.isEmpty() || speech.style() == null) {
      return speech;
    }
    int[] style = new int[speech.style().length];
    Arrays.fill(style, styles.get(0));
    return new SpeechUnits(speech.hubert(), speech.pitch(), style);
  }

  /** Speech that goes on with other speech, in this style from its first unit on. */
  SpeechTokens begun(SpeechTokens speech) {
    boolean hasOwn =
        speech.tokens().stream()
            .filter(each -> each.kind() != Kind.PITCH)
            .findFirst()
            .map(each -> each.kind() == Kind.STYLE)
            .orElse(true);
    return styles.isEmpty() || hasOwn
        ? speech
        : new SpeechTokens(List.of(new Token(Kind.STYLE, styles.get(0)))).plus(speech);
  }

  /**
   * Forbids the tokens of other styles.
   *
   * @throws org.spiritlm.torch.InputException if the model has no token of this one
   */
  void forbidOthers(BitSet forbidden, Vocabulary vocabulary) {
    if (!styles.isEmpty()) {
      IdRange all = vocabulary.style();
      int[] own =
          new SpeechTokens(styles.stream().map(style -> new Token(Kind.STYLE, style)).toList())
              .ids(vocabulary);
      forbidden.set(all.from(), all.to());
      Arrays.stream(own).forEach(forbidden::clear);
    }
  }
}

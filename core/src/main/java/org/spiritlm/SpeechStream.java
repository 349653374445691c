package org.spiritlm;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderStream;
import org.spiritlm.vocoder.VoiceOptions;

/**
 * One utterance, spoken while its tokens arrive: all audio together is that of {@link
 * SpiritLm#decode(SpeechTokens, VoiceOptions)} for all tokens together, within 1e-4, unless the
 * voice has a shorter look-ahead ({@link VoiceOptions#lookAhead}).
 *
 * <p>Pitch and style hold until the next of their kind. Where the vocoder takes them (EXPRESSIVE),
 * units before the first ones wait for those, but for a style that was asked for, which is known.
 * Otherwise samples come as soon as no later token can change them, see {@link VocoderStream}.
 *
 * <p>Close it, also after {@link #finish}. Not for use by several threads.
 */
public final class SpeechStream implements AutoCloseable {
  private static final int NONE = -1;
  private static final SpeechUnits NOTHING = new SpeechUnits(new int[0], null, null);

  private final VocoderStream stream;
  private final boolean takesPitch;
  private final boolean takesStyle;
  private final int fallbackStyle;
  private final @Nullable Integer heldStyle;
  private int firstPitch = NONE;
  private int firstStyle = NONE;
  private int pitch = NONE;
  private int style = NONE;
  private int[] units = new int[1]; // not given to the vocoder yet
  private int[] pitches = new int[1];
  private int[] styles = new int[1];
  private int waiting;
  private boolean hasUnits;

  /**
   * @param fallbackStyle for speech that has no style token
   * @param heldStyle in the place of every style token, or null
   */
  SpeechStream(
      Vocoder vocoder, VoiceOptions voice, int fallbackStyle, @Nullable Integer heldStyle) {
    this.takesPitch = vocoder.config().pitch() != null;
    this.takesStyle = vocoder.config().styleTokens() != null;
    this.fallbackStyle = fallbackStyle;
    this.heldStyle = heldStyle;
    if (heldStyle != null) {
      firstStyle = heldStyle;
      style = heldStyle;
    }
    this.stream = vocoder.streamOfUnits(voice);
  }

  /**
   * Takes the next tokens and gives the samples that are final with them, often none.
   *
   * @throws InputException if the vocoder does not know a token
   * @throws IllegalStateException after the end
   */
  public Audio accept(SpeechTokens more) {
    for (Token token : more.tokens()) {
      switch (token.kind()) {
        case HUBERT -> add(token.value());
        case PITCH -> {
          pitch = token.value();
          firstPitch = firstPitch == NONE ? pitch : firstPitch;
        }
        case STYLE -> {
          style = heldStyle == null ? token.value() : heldStyle;
          firstStyle = firstStyle == NONE ? style : firstStyle;
        }
      }
    }
    boolean settled = (!takesPitch || firstPitch != NONE) && (!takesStyle || firstStyle != NONE);
    return stream.accept(settled ? take() : NOTHING);
  }

  /**
   * Ends the utterance and gives the samples that are left.
   *
   * @throws InputException if there were no units, or no pitch where the vocoder takes it
   * @throws IllegalStateException after the end
   */
  public Audio finish() {
    if (hasUnits && takesPitch && firstPitch == NONE) {
      throw new InputException(
          "The speech has no pitch, which this (expressive) model needs to speak it; expected at"
              + " least one [Pi…] token");
    }
    if (firstStyle == NONE) {
      firstStyle = fallbackStyle;
    }
    Audio head = stream.accept(take());
    return Sounds.joined(List.of(head, stream.finish()));
  }

  /** Whether there is all that {@link #finish} needs. */
  boolean canBeSpoken() {
    return hasUnits && (!takesPitch || firstPitch != NONE);
  }

  private void add(int unit) {
    hasUnits = true;
    if (waiting == units.length) {
      units = Arrays.copyOf(units, 2 * waiting);
      pitches = Arrays.copyOf(pitches, 2 * waiting);
      styles = Arrays.copyOf(styles, 2 * waiting);
    }
    units[waiting] = unit;
    pitches[waiting] = pitch;
    styles[waiting++] = style;
  }

  /** The units that wait, those before the first pitch and style with these. */
  private SpeechUnits take() {
    for (int i = 0; i < waiting; i++) {
      pitches[i] = pitches[i] == NONE ? firstPitch : pitches[i];
      styles[i] = styles[i] == NONE ? firstStyle : styles[i];
    }
    SpeechUnits taken =
        new SpeechUnits(
            Arrays.copyOf(units, waiting),
            takesPitch ? Arrays.copyOf(pitches, waiting) : null,
            takesStyle ? Arrays.copyOf(styles, waiting) : null);
    waiting = 0;
    return taken;
  }

  @Override
  public void close() {
    stream.close();
  }
}

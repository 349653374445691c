package org.spiritlm.vocoder;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * An utterance's streams, checked and brought to one length.
 *
 * @param frames one entry a unit
 * @param aligned whether each unit came with its own pitch and style, so that durations are
 *     predicted; otherwise each unit is one frame
 */
record Streams(Frames frames, boolean aligned) {

  /**
   * @param predict whether durations are predicted where the streams allow it
   * @throws InputException if the vocoder cannot speak them
   */
  static Streams of(SpeechUnits given, VocoderConfig config, boolean predict) {
    VocoderConfig.Codes pitchCodes = config.pitch();
    int[] hubert = given.hubert();
    if (pitchCodes == null && config.styleTokens() == null) {
      hubert = Arrays.stream(hubert).filter(unit -> unit >= 0).toArray();
    }
    if (hubert.length == 0) {
      throw new InputException("There are no units to speak; expected at least one HuBERT unit");
    }
    check("HuBERT unit", hubert, config.units());
    int[] pitch = stream("pitch", given.pitch(), pitchCodes);
    int[] style = stream("style", given.style(), config.styleTokens());
    boolean aligned = predict && (pitch == null || pitch.length == hubert.length);
    if (aligned) {
      if (style != null && style.length != hubert.length) {
        throw new InputException(
            "There are "
                + style.length
                + " style tokens for "
                + hubert.length
                + " units; with duration prediction each unit needs its own");
      }
      return new Streams(new Frames(hubert, pitch, style), true);
    }
    return new Streams(
        new Frames(
            hubert,
            stretched("pitch", pitch, pitchCodes, hubert.length),
            stretched("style", style, config.styleTokens(), hubert.length)),
        false);
  }

  private static int @Nullable [] stream(
      String what, int @Nullable [] given, VocoderConfig.@Nullable Codes codes) {
    if (codes == null) {
      return null;
    }
    if (given == null || given.length == 0) {
      throw new InputException(
          "The units have no "
              + what
              + ", which this (expressive) vocoder needs: give [Pi…] and [St…] tokens, or use a"
              + " base vocoder");
    }
    check(what + " code", given, codes.count());
    return given;
  }

  private static void check(String what, int[] values, int count) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0 || values[i] >= count) {
        throw new InputException(
            "Unknown "
                + what
                + " "
                + values[i]
                + " at place "
                + i
                + ": this vocoder has 0 to "
                + (count - 1));
      }
    }
  }

  /** Each code for its number of frames, cut or filled with the last one. */
  private static int @Nullable [] stretched(
      String what, int @Nullable [] values, VocoderConfig.@Nullable Codes codes, int frames) {
    if (values == null || codes == null) {
      return null;
    }
    long missing = frames - (long) values.length * codes.frames();
    if (missing > codes.frames()) {
      throw new InputException(
          "There are too few "
              + what
              + " codes: "
              + values.length
              + " of "
              + codes.frames()
              + " frames each for "
              + frames
              + " units; at most one may be missing");
    }
    int[] stretched = new int[frames];
    for (int i = 0; i < frames; i++) {
      stretched[i] = values[Math.min(i / codes.frames(), values.length - 1)];
    }
    return stretched;
  }
}

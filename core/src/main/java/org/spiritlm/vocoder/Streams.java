package org.spiritlm.vocoder;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

/**
 * What was given to a vocoder, each number checked, each stream at its own length.
 *
 * @param hubert units
 * @param pitch pitch codes, or null where the vocoder takes none
 * @param style style tokens, or null where the vocoder takes none
 */
@SuppressWarnings("ArrayRecordComponent")
record Streams(int[] hubert, int @Nullable [] pitch, int @Nullable [] style) {

  /**
   * Drops negative units where no other stream hangs on them, and streams that are not taken.
   *
   * @throws InputException if the vocoder does not know a number
   */
  static Streams of(SpeechUnits given, VocoderConfig config) {
    int[] hubert = given.hubert();
    if (config.pitch() == null && config.styleTokens() == null) {
      hubert = Arrays.stream(hubert).filter(unit -> unit >= 0).toArray();
    }
    checkUnits(hubert, config);
    return new Streams(
        hubert,
        taken("pitch code", given.pitch(), config.pitch()),
        taken("style token", given.style(), config.styleTokens()));
  }

  /**
   * Refuses units that the vocoder does not have.
   *
   * @throws InputException if there is one
   */
  static void checkUnits(int[] hubert, VocoderConfig config) {
    check("HuBERT unit", hubert, config.units());
  }

  private static int @Nullable [] taken(
      String what, int @Nullable [] given, VocoderConfig.@Nullable Codes codes) {
    if (codes == null) {
      return null;
    }
    int[] values = given == null ? new int[0] : given;
    check(what, values, codes.count());
    return values;
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

  /**
   * Refuses what cannot be spoken at all.
   *
   * @throws InputException if there are no units, or a stream that the vocoder takes is empty
   */
  void requireSpeech() {
    if (hubert.length == 0) {
      throw noUnits();
    }
    require("pitch", pitch);
    require("style", style);
  }

  static InputException noUnits() {
    return new InputException("There are no units to speak; expected at least one HuBERT unit");
  }

  private static void require(String what, int @Nullable [] stream) {
    if (stream != null && stream.length == 0) {
      throw new InputException(
          "The units have no "
              + what
              + ", which this (expressive) vocoder needs: give [Pi…] and [St…] tokens, or use a"
              + " base vocoder");
    }
  }

  /** Whether each unit has its own pitch, where pitch is taken. */
  boolean hasPitchPerUnit() {
    return pitch == null || pitch.length == hubert.length;
  }

  /**
   * One entry a unit.
   *
   * @throws InputException if the streams differ in length
   */
  Frames aligned() {
    requireAligned("pitch codes", pitch);
    requireAligned("style tokens", style);
    return new Frames(hubert, pitch, style);
  }

  private void requireAligned(String what, int @Nullable [] stream) {
    if (stream != null && stream.length != hubert.length) {
      throw new InputException(
          "There are "
              + stream.length
              + " "
              + what
              + " for "
              + hubert.length
              + " units; each unit needs its own here");
    }
  }
}

package org.spiritlm.training.voice;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VocoderConfig.Codes;

/** Finds the frames of items, and refuses items that a vocoder cannot learn from. */
final class VoiceFrames {
  private final VocoderConfig config;
  private final VoiceItems items;

  /**
   * Checks all items.
   *
   * @throws InputException if one has a unit, code, speaker or style that the vocoder has not
   */
  VoiceFrames(VocoderConfig config, VoiceItems items) {
    this.config = config;
    this.items = items;
    for (int i = 0; i < items.count(); i++) {
      check(items.item(i));
    }
  }

  private void check(VoiceItem item) {
    check(item, "HuBERT unit", item.units().hubert(), config.units());
    check(item, "pitch code", item.units().pitch(), config.pitch());
    check(item, "style token", item.units().style(), config.styleTokens());
    number("speaker", item, item.speaker(), config.speakers());
    number("style", item, item.style(), config.styles());
  }

  private static void check(
      VoiceItem item, String what, int @Nullable [] ids, @Nullable Codes codes) {
    if (codes != null) {
      if (ids == null || (ids.length == 0 && item.units().hubert().length > 0)) {
        throw new InputException(
            "'"
                + item.id()
                + "' has no "
                + what
                + "s, which an expressive vocoder takes; prepare the corpus with an expressive"
                + " model, or train a base vocoder");
      }
      check(item, what, ids, codes.count());
    }
  }

  private static void check(VoiceItem item, String what, int[] ids, int count) {
    for (int id : ids) {
      if (id < 0 || id >= count) {
        throw new InputException(
            "'"
                + item.id()
                + "' has the "
                + what
                + " "
                + id
                + "; this vocoder has 0 to "
                + (count - 1));
      }
    }
  }

  private static int number(
      String what, VoiceItem item, @Nullable String name, List<String> known) {
    if (known.isEmpty()) {
      return 0;
    }
    int number = name == null ? -1 : known.indexOf(name);
    if (number < 0) {
      throw new InputException(
          "'"
              + item.id()
              + "' has "
              + (name == null ? "no " + what : "the " + what + " '" + name + "'")
              + "; this vocoder knows "
              + String.join(", ", known));
    }
    return number;
  }

  /** Frames of which both units and sound are there. */
  int count(int index) {
    VoiceItem item = items.item(index);
    return Math.min(item.units().hubert().length, item.samples() / config.hop());
  }

  /**
   * Stretches of items, all of one length.
   *
   * @param from the first frame of each
   */
  FrameBatch stretches(int[] indexes, int[] from, int length) {
    int count = indexes.length;
    int[][] units = new int[count][];
    int[][] pitch = new int[count][];
    int[][] style = new int[count][];
    int[] speakers = new int[count];
    int[] styles = new int[count];
    for (int i = 0; i < count; i++) {
      VoiceItem item = items.item(indexes[i]);
      units[i] = stretch(item.units().hubert(), 1, from[i], length);
      pitch[i] = stretch(item.units().pitch(), config.pitch(), from[i], length);
      style[i] = stretch(item.units().style(), config.styleTokens(), from[i], length);
      speakers[i] = number("speaker", item, item.speaker(), config.speakers());
      styles[i] = number("style", item, item.style(), config.styles());
    }
    return new FrameBatch(
        units,
        config.pitch() == null ? null : pitch,
        config.styleTokens() == null ? null : style,
        speakers,
        styles);
  }

  private static int[] stretch(
      int @Nullable [] codes, @Nullable Codes sizes, int from, int length) {
    return sizes == null || codes == null
        ? new int[0]
        : stretch(codes, sizes.frames(), from, length);
  }

  /** Codes that last several frames each; the last one goes on. */
  private static int[] stretch(int[] codes, int frames, int from, int length) {
    int[] stretch = new int[length];
    for (int i = 0; i < length; i++) {
      stretch[i] = codes[Math.min((from + i) / frames, codes.length - 1)];
    }
    return stretch;
  }
}

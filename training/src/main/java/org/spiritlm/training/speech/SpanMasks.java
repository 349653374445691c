package org.spiritlm.training.speech;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Tensors;
import org.spiritlm.training.Settings;

/**
 * Which frames the encoder does not get to hear: spans of one length that begin anywhere and may
 * overlap (Baevski et al. 2020).
 *
 * @param share of the frames that begin a span, as the mean
 * @param length frames of a span
 */
public record SpanMasks(double share, int length) {
  public SpanMasks {
    if (!(share >= 0 && share <= 1) || length < 1) {
      throw new InputException(
          "'mask.share' must be from 0 to 1 and 'mask.length' at least 1, found "
              + share
              + " and "
              + length);
    }
  }

  /** Reads {@code share} and {@code length}. */
  public static SpanMasks of(Settings settings, SpanMasks defaults) {
    return new SpanMasks(
        settings.number("share", defaults.share), settings.positive("length", defaults.length));
  }

  /** Whether any frame is ever masked. */
  public boolean isActive() {
    return share > 0;
  }

  /**
   * Marks the frames of a waveform.
   *
   * @param marks those of all waveforms, of which this one's are set
   * @param from its first
   * @param frames how many it has
   */
  void mark(boolean[] marks, int from, int frames, SplittableRandom random) {
    if (!isActive()) {
      return;
    }
    // the fraction is rounded up or down by chance, so that the mean is right
    int spans = (int) (share * frames + random.nextDouble());
    int last = Math.max(0, frames - length);
    for (int i = 0; i < spans; i++) {
      int start = random.nextInt(last + 1);
      int end = Math.min(frames, start + length);
      Arrays.fill(marks, from + start, from + end, true);
    }
  }

  /** Marks as a tensor of truth values, [R]. */
  static Tensor tensor(boolean[] marks) {
    long[] values = new long[marks.length];
    for (int i = 0; i < marks.length; i++) {
      values[i] = marks[i] ? 1 : 0;
    }
    return Tensors.of(values).to(torch.ScalarType.Bool);
  }
}

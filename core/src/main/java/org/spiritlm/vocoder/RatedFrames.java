package org.spiritlm.vocoder;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Frames of streams at their own rates: each unit is one frame, each pitch code and style token
 * lasts as many as its rate says. At the end they are cut to the units, or filled with their last
 * value.
 */
final class RatedFrames implements FrameSource {
  private final Codes units = new Codes("units", 1);
  private final @Nullable Codes pitch;
  private final @Nullable Codes style;

  /** One stream: what it has beyond the frames that are taken. */
  private static final class Codes {
    final String name;
    final int frames;
    int[] waiting = {};
    long count;
    int last;

    Codes(String name, int frames) {
      this.name = name;
      this.frames = frames;
    }

    static @Nullable Codes of(String name, VocoderConfig.@Nullable Codes config) {
      return config == null ? null : new Codes(name, config.frames());
    }

    void add(int[] values) {
      int before = waiting.length;
      waiting = Arrays.copyOf(waiting, Math.addExact(before, values.length * frames));
      for (int i = before; i < waiting.length; i++) {
        waiting[i] = values[(i - before) / frames];
      }
      count += values.length;
      last = values.length == 0 ? last : values[values.length - 1];
    }

    int[] take(int number) {
      int[] taken = Arrays.copyOf(waiting, number);
      Arrays.fill(taken, Math.min(number, waiting.length), number, last);
      waiting = Arrays.copyOfRange(waiting, Math.min(number, waiting.length), waiting.length);
      return taken;
    }

    void requireEnough(Codes units) {
      if (count == 0 || units.waiting.length - waiting.length > frames) {
        throw new InputException(
            "There are too few "
                + name
                + ": "
                + count
                + " of "
                + frames
                + " frames each for "
                + units.count
                + " units; at most one may be missing");
      }
    }
  }

  RatedFrames(VocoderConfig config) {
    this.pitch = Codes.of("pitch codes", config.pitch());
    this.style = Codes.of("style tokens", config.styleTokens());
  }

  @Override
  public Frames add(Streams more) {
    units.add(more.hubert());
    int ready = units.waiting.length;
    if (pitch != null && more.pitch() != null) {
      pitch.add(more.pitch());
      ready = Math.min(ready, pitch.waiting.length);
    }
    if (style != null && more.style() != null) {
      style.add(more.style());
      ready = Math.min(ready, style.waiting.length);
    }
    return take(ready);
  }

  @Override
  public Frames finish() {
    if (pitch != null) {
      pitch.requireEnough(units);
    }
    if (style != null) {
      style.requireEnough(units);
    }
    return take(units.waiting.length);
  }

  private Frames take(int number) {
    return new Frames(
        units.take(number),
        pitch == null ? null : pitch.take(number),
        style == null ? null : style.take(number));
  }
}

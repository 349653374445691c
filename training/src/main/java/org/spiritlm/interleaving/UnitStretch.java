package org.spiritlm.interleaving;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.units.SpeechUnits;

/**
 * Some of an utterance's phonetic units with their pitch and style: equal neighbours merged, all
 * streams in the order of time.
 *
 * <p>A stretch begins with the style and the pitch that hold where it begins (the last ones known,
 * where their streams are short), and has no token from where it ends; one that ends with the last
 * unit takes what other streams have after it. For all units that is {@link SpeechTokens#of}.
 */
final class UnitStretch {
  /** Takes tokens one by one. */
  @FunctionalInterface
  interface Sink {
    void accept(Kind kind, int value);
  }

  private UnitStretch() {}

  /** The tokens of a stretch. */
  static SpeechTokens tokens(SpeechUnits units, TokenLayout layout, int from, int to) {
    List<Token> tokens = new ArrayList<>();
    merge(units, layout, from, to, (kind, value) -> tokens.add(new Token(kind, value)));
    return new SpeechTokens(tokens);
  }

  /**
   * Merges the streams of a stretch.
   *
   * @param from its first phonetic unit
   * @param to the unit after its last
   */
  static void merge(SpeechUnits units, TokenLayout layout, int from, int to, Sink sink) {
    if (from >= to) {
      return;
    }
    double base = layout.hubertRate();
    boolean last = to == units.hubert().length;
    Stream style = new Stream(Kind.STYLE, units.style(), layout.styleRate(), layout.mergeStyle());
    Stream pitch = new Stream(Kind.PITCH, units.pitch(), layout.pitchRate(), layout.mergePitch());
    Stream hubert = new Stream(Kind.HUBERT, units.hubert(), base, layout.mergeHubert());
    hubert.at = from;
    hubert.time = from;
    hubert.end = to;
    style.seek(from, to, base, last);
    pitch.seek(from, to, base, last);
    while (true) {
      Stream next = style.isDue(pitch) ? style : pitch;
      next = next.isDue(hubert) ? next : hubert;
      if (next.at >= next.end) {
        return;
      }
      next.give(sink);
    }
  }

  /** One stream while it is merged with the others. */
  private static final class Stream {
    private final Kind kind;
    private final int[] values;
    private final double rate;
    private final boolean merge;
    private int at;
    private int end;

    /** When the next token is due, as a number of {@link #timeRate}. */
    private double time;

    private double timeRate;

    Stream(Kind kind, int @Nullable [] values, double rate, boolean merge) {
      this.kind = kind;
      this.values = values == null ? new int[0] : values;
      this.rate = rate;
      this.timeRate = rate;
      this.merge = merge;
    }

    /** Goes to the code that holds at unit {@code from}. */
    void seek(int from, int to, double base, boolean last) {
      int count = values.length;
      int holding = (int) Math.floor(from * rate / base);
      while (holding * base > from * rate) { // where the quotient was rounded
        holding--;
      }
      int after = (int) Math.ceil(to * rate / base);
      while ((after - 1) * base >= to * rate) {
        after--;
      }
      at = Math.max(0, Math.min(holding, count - 1));
      end = last ? count : Math.min(count, Math.max(after, at + 1));
      time = from; // the first one is due where the stretch begins
      timeRate = base;
    }

    boolean isDue(Stream other) {
      // time / rate <= other's without a rounded quotient
      return at < end && (other.at >= other.end || time * other.timeRate <= other.time * timeRate);
    }

    void give(Sink sink) {
      int value = values[at++];
      while (merge && at < end && values[at] == value) {
        at++;
      }
      time = at;
      timeRate = rate;
      sink.accept(kind, value);
    }
  }
}

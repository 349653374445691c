package org.spiritlm.interleaving;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.units.SpeechUnits;

/** A stretch of units merged in the plainest way: every token with its time, sorted. */
final class PlainStretch {
  /** Two times a pitch code is a unit's time doubled: in 50ths of a second all are whole. */
  private static final int TICKS = 50;

  private record Timed(int time, int order, Token token) {}

  private PlainStretch() {}

  static SpeechTokens of(SpeechUnits units, int from, int to) {
    if (from == to) {
      return new SpeechTokens(List.of());
    }
    boolean last = to == units.hubert().length;
    List<Timed> all = new ArrayList<>();
    add(all, Kind.STYLE, units.style(), TICKS, from * 2, last ? Integer.MAX_VALUE : to * 2, false);
    add(all, Kind.PITCH, units.pitch(), 4, from * 2, last ? Integer.MAX_VALUE : to * 2, true);
    add(all, Kind.HUBERT, units.hubert(), 2, from * 2, to * 2, true);
    all.sort(Comparator.comparingInt(Timed::time).thenComparingInt(Timed::order));
    return new SpeechTokens(all.stream().map(Timed::token).toList());
  }

  private static void add(
      List<Timed> all,
      Kind kind,
      int @Nullable [] values,
      int ticks,
      int begin,
      int end,
      boolean merge) {
    if (values == null) {
      return;
    }
    int order = all.size();
    int held = -1;
    boolean started = false;
    for (int i = 0; i < values.length; i++) {
      if (i * ticks <= begin) {
        held = values[i];
        continue;
      }
      if (held >= 0 && !started) {
        all.add(new Timed(begin, order, new Token(kind, held)));
        started = true;
      }
      if (i * ticks < end && !(merge && values[i] == held)) {
        all.add(new Timed(i * ticks, order, new Token(kind, values[i])));
        held = values[i];
      }
    }
    if (held >= 0 && !started) {
      all.add(new Timed(begin, order, new Token(kind, held)));
    }
  }
}

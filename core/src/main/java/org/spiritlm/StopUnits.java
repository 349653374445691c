package org.spiritlm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;

/**
 * Ends speech before the first place where its HuBERT units are those of a stop, whatever pitch and
 * style tokens stand between them.
 */
final class StopUnits {
  private final int[] stop;
  private final List<Token> held = new ArrayList<>(); // from the first unit that may be the stop's
  private boolean found;

  /**
   * @param stop without units where nothing stops
   */
  StopUnits(SpeechTokens stop) {
    this.stop = units(stop.tokens());
  }

  private static int[] units(List<Token> tokens) {
    return tokens.stream()
        .filter(token -> token.kind() == Kind.HUBERT)
        .mapToInt(Token::value)
        .toArray();
  }

  /** What is certain to stand before any stop, with this token. */
  SpeechTokens accept(SpeechTokens token) {
    if (found) {
      return new SpeechTokens(List.of());
    }
    if (stop.length == 0) {
      return token;
    }
    held.addAll(token.tokens());
    int[] units = units(held);
    int begun = Math.min(units.length, stop.length);
    while (!isBegun(units, begun)) {
      begun--;
    }
    found = begun == stop.length;
    SpeechTokens before = release(units.length - begun);
    if (found) {
      held.clear();
    }
    return before;
  }

  /** Whether the units end with so many first units of the stop. */
  private boolean isBegun(int[] units, int count) {
    return Arrays.equals(units, units.length - count, units.length, stop, 0, count);
  }

  /** What was held back, where no more speech follows. */
  SpeechTokens finish() {
    return release(Integer.MAX_VALUE);
  }

  /** Whether the stop came. */
  boolean found() {
    return found;
  }

  /** The tokens before the unit of this place among the held ones. */
  private SpeechTokens release(int unit) {
    int at = 0;
    int seen = 0;
    while (at < held.size() && (held.get(at).kind() != Kind.HUBERT || seen++ < unit)) {
      at++;
    }
    List<Token> head = held.subList(0, at);
    SpeechTokens released = new SpeechTokens(head);
    head.clear();
    return released;
  }
}

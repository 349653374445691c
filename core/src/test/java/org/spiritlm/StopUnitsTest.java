package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;

class StopUnitsTest {
  @Property
  void speechEndsBeforeTheFirstPlaceWhereItsUnitsAreTheStops(
      @ForAll("speech") List<Token> tokens, @ForAll("speech") List<Token> stop) {
    StopUnits filter = new StopUnits(new SpeechTokens(stop));
    List<Token> out = new ArrayList<>();
    for (Token token : tokens) {
      if (!filter.found()) {
        out.addAll(filter.accept(new SpeechTokens(List.of(token))).tokens());
      }
    }
    out.addAll(filter.finish().tokens());
    List<Integer> wanted = units(stop);
    int place = wanted.isEmpty() ? -1 : Collections.indexOfSubList(units(tokens), wanted);
    assertThat(filter.found()).isEqualTo(place >= 0);
    assertThat(out).isEqualTo(place < 0 ? tokens : tokens.subList(0, index(tokens, place)));
  }

  private static List<Integer> units(List<Token> tokens) {
    return tokens.stream().filter(t -> t.kind() == Kind.HUBERT).map(Token::value).toList();
  }

  /** Where the unit of this place among the units stands among all tokens. */
  private static int index(List<Token> tokens, int unit) {
    int at = 0;
    for (int seen = 0; ; at++) {
      if (tokens.get(at).kind() == Kind.HUBERT && seen++ == unit) {
        return at;
      }
    }
  }

  @Provide
  Arbitrary<List<Token>> speech() {
    Arbitrary<Kind> kinds = Arbitraries.of(Kind.HUBERT, Kind.HUBERT, Kind.PITCH, Kind.STYLE);
    return Combinators.combine(kinds, Arbitraries.integers().between(0, 1))
        .as(Token::new)
        .list()
        .ofMaxSize(12);
  }
}

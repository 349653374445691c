package org.spiritlm.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.text.IdRange;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;

class SpeechTokensLawsTest {
  private static final int UNITS_PER_PITCH = 2;
  private static final int UNITS_PER_STYLE = 25;

  /** Of other sizes and in another order than the released ones. */
  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          List.of(new IdRange(0, 300)),
          301,
          300,
          new IdRange(340, 380),
          new IdRange(302, 310),
          new IdRange(310, 340),
          new IdRange(380, 384),
          OptionalInt.of(1),
          OptionalInt.of(2));

  @Property
  void parsingGivesBackWhatWasRendered(@ForAll("tokens") SpeechTokens tokens) {
    assertThat(SpeechTokens.parse(tokens.toString())).isEqualTo(tokens);
    assertThat(SpeechTokens.parseLeniently(tokens.toString())).isEqualTo(tokens);
  }

  @Property
  void theFirstUnitsAreTheBeginning(@ForAll("tokens") SpeechTokens tokens) {
    int units = tokens.hubertCount();
    for (int count = 0; count <= units; count++) {
      SpeechTokens first = tokens.firstUnits(count);
      assertThat(first.hubertCount()).isEqualTo(count);
      assertThat(tokens.toString()).startsWith(first.toString());
      assertThat(count == 0 || first.toString().endsWith(lastUnit(first))).isTrue();
    }
    assertThatThrownBy(() -> tokens.firstUnits(units + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String lastUnit(SpeechTokens tokens) {
    Token last = tokens.tokens().get(tokens.tokens().size() - 1);
    assertThat(last.kind()).isEqualTo(Kind.HUBERT);
    return last.toString();
  }

  @Property
  void idsAndStringsAreTheSame(@ForAll("tokens") SpeechTokens tokens) {
    assertThat(SpeechTokens.ofIds(tokens.ids(VOCABULARY), VOCABULARY)).isEqualTo(tokens);
  }

  /** What comes back is, for each unit that differs from the one before, the units of its time. */
  @Property
  void unitsComeBackWithTheirPitchAndStyle(@ForAll("speech") SpeechUnits units) {
    SpeechUnits back = SpeechTokens.parse(SpeechTokens.render(units)).units(() -> 0);
    int[] hubert = units.hubert();
    int[] kept =
        IntStream.range(0, hubert.length)
            .filter(i -> i == 0 || hubert[i] != hubert[i - 1])
            .toArray();
    assertThat(back.hubert()).isEqualTo(IntStream.of(kept).map(i -> hubert[i]).toArray());
    assertThat(back.pitch()).isEqualTo(held(units.pitch(), kept, UNITS_PER_PITCH));
    assertThat(back.style()).isEqualTo(held(units.style(), kept, UNITS_PER_STYLE));
  }

  private static int[] held(int[] values, int[] kept, int unitsPerValue) {
    return IntStream.of(kept)
        .map(i -> values[Math.min(i / unitsPerValue, values.length - 1)])
        .toArray();
  }

  /** The order is that of a sort by exact times, ties in the order of the kinds. */
  @Property
  void streamsAreMergedInTheOrderOfTime(@ForAll("speech") SpeechUnits units) {
    record Timed(int time, int order, Token token) {}
    List<Timed> all = new ArrayList<>();
    for (int i = 0; i < units.style().length; i++) {
      all.add(new Timed(UNITS_PER_STYLE * i, 0, new Token(Kind.STYLE, units.style()[i])));
    }
    for (int i = 0; i < units.pitch().length; i++) {
      if (i == 0 || units.pitch()[i] != units.pitch()[i - 1]) {
        all.add(new Timed(UNITS_PER_PITCH * i, 1, new Token(Kind.PITCH, units.pitch()[i])));
      }
    }
    for (int i = 0; i < units.hubert().length; i++) {
      if (i == 0 || units.hubert()[i] != units.hubert()[i - 1]) {
        all.add(new Timed(i, 2, new Token(Kind.HUBERT, units.hubert()[i])));
      }
    }
    all.sort(
        (a, b) -> a.time() != b.time() ? a.time() - b.time() : Integer.compare(a.order, b.order));
    assertThat(SpeechTokens.of(units).tokens())
        .containsExactlyElementsOf(all.stream().map(Timed::token).toList());
  }

  @Property
  void readersFailOnlyWithAMessage(@ForAll("nearlyTokens") String string) {
    try {
      SpeechTokens strict = SpeechTokens.parse(string);
      assertThat(SpeechTokens.parseLeniently(string.replaceAll("\\s", ""))).isEqualTo(strict);
    } catch (InputException e) {
      assertThat(e).hasMessageContaining("character ");
    }
    List<TokenString.Run> runs = TokenString.split(string);
    for (int i = 1; i < runs.size(); i++) {
      assertThat(runs.get(i).isSpeech()).isNotEqualTo(runs.get(i - 1).isSpeech());
    }
  }

  @Example
  void strictReaderTakesBlanksAndMarkersBetweenTokens() {
    assertThat(SpeechTokens.parse(" [Speech][St3] [Pi1]\n[Hu5]\n")).hasToString("[St3][Pi1][Hu5]");
  }

  @Example
  void strictReaderSaysWhereAndWhat() {
    assertThatThrownBy(() -> SpeechTokens.parse("[Hu1][Hu2"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("character 6")
        .hasMessageContaining("\"[Hu2\"")
        .hasMessageContaining("[Hu12]");
    assertThatThrownBy(() -> SpeechTokens.parse("[Hu1][Text]hello"))
        .hasMessageContaining("\"[Text]\"");
    assertThatThrownBy(() -> SpeechTokens.parse("[Hu12345678901]"))
        .hasMessageContaining("11 digits");
    assertThatThrownBy(() -> SpeechTokens.parseLeniently("[Hu12345678901]"))
        .isInstanceOf(InputException.class);
  }

  @Example
  void unitsThatTheModelDoesNotHaveAreErrors() {
    assertThatThrownBy(() -> SpeechTokens.parse("[Hu40]").ids(VOCABULARY))
        .isInstanceOf(InputException.class)
        .hasMessage("No token [Hu40]: the model has [Hu0] to [Hu39]");
    assertThatThrownBy(() -> SpeechTokens.ofIds(new int[] {340, 7}, VOCABULARY))
        .hasMessageContaining("Id 7");
    assertThatThrownBy(() -> SpeechTokens.of(new SpeechUnits(new int[] {1, -1}, null, null)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("-1");
  }

  @Example
  void fallbackStyleIsDrawnFromTheThree() {
    SpeechTokens tokens = SpeechTokens.parse("[Pi1][Hu2][Hu3]");
    var style = SpeechTokens.randomStyle(new Random(7));
    List<Integer> drawn = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int[] styles = tokens.units(style).style();
      assertThat(styles).hasSize(2).containsOnly(styles[0]);
      drawn.add(styles[0]);
    }
    assertThat(drawn).containsOnly(71, 68, 98).contains(71, 68, 98);
  }

  @Example
  void otherRatesGiveAnotherOrder() {
    SpeechUnits units = new SpeechUnits(new int[] {1, 2, 3, 4}, new int[] {5, 6}, null);
    TokenLayout slower = new TokenLayout(50, 12.5, 1, true, true, false);
    assertThat(SpeechTokens.of(units, slower)).hasToString("[Pi5][Hu1][Hu2][Hu3][Hu4][Pi6]");
    assertThat(SpeechTokens.of(units)).hasToString("[Pi5][Hu1][Hu2][Pi6][Hu3][Hu4]");
    assertThatThrownBy(() -> new TokenLayout(25, 0, 1, true, true, false))
        .hasMessageContaining("0.0 Hz");
  }

  @Example
  void hoursOfSpeechAreOneString() {
    int[] hubert = IntStream.range(0, 300_000).map(i -> i % 40).toArray();
    String string = SpeechTokens.render(new SpeechUnits(hubert, null, null));
    assertThat(SpeechTokens.parse(string).hubertCount()).isEqualTo(hubert.length);
    assertThat(TokenString.split(string)).hasSize(1);
    assertThat(TokenString.lastSpeechStart(string)).hasValue(0);
  }

  @Provide
  Arbitrary<SpeechTokens> tokens() {
    return Arbitraries.oneOf(
            token(Kind.HUBERT, VOCABULARY.hubert()),
            token(Kind.PITCH, VOCABULARY.pitch()),
            token(Kind.STYLE, VOCABULARY.style()))
        .list()
        .ofMaxSize(40)
        .map(SpeechTokens::new);
  }

  private static Arbitrary<Token> token(Kind kind, IdRange ids) {
    return Arbitraries.integers().between(0, ids.size() - 1).map(value -> new Token(kind, value));
  }

  @Provide
  Arbitrary<SpeechUnits> speech() {
    return Arbitraries.integers()
        .between(1, 120)
        .flatMap(
            length ->
                Combinators.combine(
                        stream(length, 3),
                        stream((length + 1) / UNITS_PER_PITCH, 3),
                        stream(length / UNITS_PER_STYLE, 30))
                    .as(SpeechUnits::new));
  }

  /** At least one value, of few different ones, so that neighbours are often equal. */
  private static Arbitrary<int[]> stream(int length, int different) {
    return Arbitraries.integers()
        .between(0, different - 1)
        .array(int[].class)
        .ofSize(Math.max(1, length));
  }

  @Provide
  Arbitrary<String> nearlyTokens() {
    return Arbitraries.of(
            "[Hu", "[Pi", "[St", "[", "]", "7", "12", " ", "x", "[Speech]", "[Text]", "[Hu5]", "é")
        .list()
        .ofMaxSize(12)
        .map(parts -> String.join("", parts));
  }
}

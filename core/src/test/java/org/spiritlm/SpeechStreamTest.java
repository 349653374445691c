package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.spiritlm.audio.Audio;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.SpeechTokens.Kind;
import org.spiritlm.prompt.SpeechTokens.Token;
import org.spiritlm.torch.InputException;
import org.spiritlm.units.SpeechUnits;
import org.spiritlm.vocoder.VoiceOptions;

class SpeechStreamTest {
  private static final VoiceOptions VOICE = VoiceOptions.standard().withSpeaker("1");

  /** However tokens are cut, wherever pitch and style stand, or whether there is any style. */
  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void allPiecesAreTheWhole(
      @ForAll("speech") List<Token> tokens,
      @ForAll("cuts") List<Integer> cuts,
      @ForAll boolean expressive,
      @ForAll boolean predicted) {
    SpiritLm model = FacadeModels.parity(expressive ? "expressive" : "base");
    VoiceOptions voice = VOICE.withPredictedDurations(predicted);
    SpeechTokens all = new SpeechTokens(tokens);
    boolean speakable = all.has(Kind.HUBERT) && (!expressive || all.has(Kind.PITCH));
    try (SpeechStream stream = model.stream(voice)) {
      List<Audio> pieces = new ArrayList<>();
      int at = 0;
      for (int cut : cuts) {
        int to = Math.min(tokens.size(), at + cut);
        pieces.add(stream.accept(new SpeechTokens(tokens.subList(at, to))));
        at = to;
      }
      pieces.add(stream.accept(new SpeechTokens(tokens.subList(at, tokens.size()))));
      if (speakable) {
        pieces.add(stream.finish());
        Waves.assertClose(Sounds.joined(pieces), model.decode(all, voice).audio(), 1e-4);
        assertThatThrownBy(() -> stream.accept(all)).isInstanceOf(IllegalStateException.class);
      } else {
        assertThatThrownBy(stream::finish).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> model.decode(all, voice)).isInstanceOf(InputException.class);
      }
    }
  }

  /** Each unit with the pitch and style that were there at its time, for 40 ms. */
  @Example
  void withoutPredictedDurationsTokensSoundAsTheUnitsDo() {
    SpiritLm model = FacadeModels.parity("expressive");
    int[] hubert = new int[60];
    Arrays.setAll(hubert, i -> i % 7 + 10 * (i % 3)); // no two neighbours are alike
    int[] pitch = new int[30];
    Arrays.setAll(pitch, i -> (5 * i) % 60);
    SpeechUnits units = new SpeechUnits(hubert, pitch, new int[] {3, 40, 17});
    VoiceOptions voice = VOICE.withPredictedDurations(false);
    SpeechTokens tokens = model.tokens(units);
    assertThat(tokens.hubertCount()).isEqualTo(hubert.length);
    Audio spoken = model.decode(tokens, voice).audio();
    Waves.assertClose(spoken, model.decode(units, voice).audio(), 1e-4);
  }

  @Provide
  Arbitrary<List<Token>> speech() {
    Arbitrary<Kind> kinds =
        Arbitraries.of(List.of(Kind.HUBERT, Kind.PITCH, Kind.STYLE))
            .list()
            .ofMinSize(1)
            .ofMaxSize(3)
            .flatMap(Arbitraries::of);
    return Combinators.combine(
            kinds.list().ofMaxSize(60), Arbitraries.integers().between(0, 60).list().ofSize(60))
        .as(
            (chosen, values) -> {
              List<Token> tokens = new ArrayList<>();
              for (int i = 0; i < chosen.size(); i++) {
                tokens.add(new Token(chosen.get(i), values.get(i)));
              }
              return tokens;
            });
  }

  @Provide
  Arbitrary<List<Integer>> cuts() {
    return Arbitraries.integers().between(0, 15).list().ofMaxSize(8);
  }

  /** Seven of ten units are enough: audio comes while tokens arrive. */
  @Example
  void samplesComeBeforeTheEnd() {
    SpiritLm model = FacadeModels.parity("expressive");
    String tokens = "[St5][Pi3]" + "[Hu9][Hu4][Hu3][Pi9][Hu77]".repeat(10);
    try (SpeechStream stream = model.stream(VOICE)) {
      assertThat(stream.accept(SpeechTokens.parse(tokens)).samples()).isNotEmpty();
    }
  }

  /** Nor do they wait for a style token where the style was asked for. */
  @Example
  void aStyleThatWasAskedForIsNotWaitedFor() {
    SpiritLm model = FacadeModels.parity("expressive");
    SpeechTokens tokens = SpeechTokens.parse("[Pi3]" + "[Hu9][Hu4][Hu3][Pi9][Hu77]".repeat(10));
    VoiceOptions styled = VOICE.withStyle("7");
    try (SpeechStream waiting = model.stream(VOICE);
        SpeechStream stream = model.stream(styled)) {
      assertThat(waiting.accept(tokens).samples()).isEmpty();
      Audio head = stream.accept(tokens);
      assertThat(head.samples()).isNotEmpty();
      Audio all = Sounds.joined(List.of(head, stream.finish()));
      Waves.assertClose(all, model.decode(tokens, styled).audio(), 1e-4);
    }
  }

  @Example
  void withoutStyleTheFirstFallbackIsTaken() {
    SpiritLm model = FacadeModels.parity("expressive");
    Audio none = model.decode(SpeechTokens.parse("[Pi3][Hu9][Hu4]"), VOICE).audio();
    Audio given = model.decode(SpeechTokens.parse("[St71][Pi3][Hu9][Hu4]"), VOICE).audio();
    Audio other = model.decode(SpeechTokens.parse("[St68][Pi3][Hu9][Hu4]"), VOICE).audio();
    assertThat(none.samples()).isEqualTo(given.samples()).isNotEqualTo(other.samples());
  }
}

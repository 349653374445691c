package org.spiritlm.interleaving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.Prompt;
import org.spiritlm.prompt.SpeechTokens;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;

/** What holds for every draw of every utterance. */
final class InterleavingLawsTest {
  private static final TextTokenizer TOKENIZER = Utterances.expressive();
  private static final Vocabulary VOCABULARY = Vocabulary.of(TOKENIZER, 32768);
  private static final SequenceWriter WRITER =
      new SequenceWriter(SequenceTokens.of(TOKENIZER, VOCABULARY, TokenLayout.SPIRIT_LM));
  private static final WordTokenizer WORDS = new WordTokenizer(TOKENIZER);

  @Provide
  Arbitrary<PreparedUtterance> utterances() {
    return Combinators.combine(
            Arbitraries.longs(), Arbitraries.integers().between(0, 90), Arbitraries.of(true, false))
        .as((seed, words, expressive) -> Utterances.random("u" + seed, seed, words, expressive));
  }

  @Provide
  Arbitrary<Interleaver> interleavers() {
    return Combinators.combine(
            Arbitraries.of(Strategy.values()),
            Arbitraries.integers().between(1, 12),
            Arbitraries.integers().between(0, 20),
            Arbitraries.integers().between(1, 8),
            Arbitraries.integers().between(0, 10))
        .as(
            (s, text, more, speech, longer) ->
                new Interleaver(s, new SpanLengths(text, text + more, speech, speech + longer)));
  }

  private static List<Integer> words(List<Span> spans) {
    return spans.stream()
        .flatMap(span -> IntStream.range(span.firstWord(), span.endWord()).boxed())
        .toList();
  }

  private static List<Integer> all(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Property
  void spansInTurnsHaveEveryWordAndEveryFrameOnce(
      @ForAll("utterances") PreparedUtterance utterance,
      @ForAll("interleavers") Interleaver interleaver,
      @ForAll long seed) {
    List<Span> spans =
        new Interleaver(Strategy.INTERLEAVED, interleaver.lengths())
            .draw(utterance, seed, 0)
            .spans();
    int count = utterance.words().size();
    assertThat(words(spans)).isEqualTo(all(0, count));
    List<Integer> frames = new ArrayList<>();
    spans.forEach(span -> frames.addAll(all(span.firstUnit(), span.endUnit())));
    int last = utterance.words().stream().mapToInt(WordFrames::end).max().orElse(0);
    List<Integer> expected =
        count == 0 || utterance.units().hubert().length == 0
            ? all(0, utterance.units().hubert().length)
            : all(Math.min(utterance.words().get(0).start(), last), last);
    assertThat(frames).isEqualTo(expected);
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      if (span.modality() == Modality.SPEECH) {
        assertThat(span.endUnit()).isGreaterThan(span.firstUnit());
      }
      if (i > 0) {
        assertThat(span.modality()).isNotEqualTo(spans.get(i - 1).modality());
      }
    }
  }

  @Property
  void spansAreAsLongAsTheyMayBe(
      @ForAll("interleavers") Interleaver given, @ForAll long seed, @ForAll long epoch) {
    SpanLengths lengths = given.lengths();
    // words of equal length, each with frames
    int count = 200;
    int[] starts = IntStream.range(0, count).map(i -> 10 * i).toArray();
    int[] ends = Arrays.stream(starts).map(start -> start + 8).toArray();
    List<Span> spans =
        new Interleaver(Strategy.INTERLEAVED, lengths)
            .draw(WordCuts.of(starts, ends), 10 * count, new Draws(seed, epoch, 7));
    for (Span span : spans.subList(0, spans.size() - 1)) {
      int words = span.endWord() - span.firstWord();
      if (span.modality() == Modality.TEXT) {
        assertThat(words).isBetween(lengths.textLeast(), lengths.textMost());
      } else {
        assertThat(words).isBetween(lengths.speechLeast(), lengths.speechMost());
      }
    }
    Span last = spans.get(spans.size() - 1);
    assertThat(last.endWord() - last.firstWord())
        .isLessThanOrEqualTo(Math.max(lengths.textMost(), lengths.speechMost()));
  }

  @Property
  void textIsTheTranscriptWhateverTheStrategy(
      @ForAll("utterances") PreparedUtterance utterance,
      @ForAll("interleavers") Interleaver interleaver,
      @ForAll long seed,
      @ForAll @IntRange(max = 9) int epoch) {
    List<Span> spans = interleaver.draw(utterance, seed, epoch).spans();
    List<Integer> everyWord = all(0, utterance.words().size());
    List<Span> text = spans.stream().filter(span -> span.modality() == Modality.TEXT).toList();
    List<Span> speech = spans.stream().filter(span -> span.modality() == Modality.SPEECH).toList();
    switch (interleaver.strategy()) {
      case INTERLEAVED, UNIMODAL -> assertThat(words(spans)).isEqualTo(everyWord);
      case WORDS -> {
        if (!utterance.words().isEmpty()) {
          assertThat(words(text)).isEqualTo(everyWord);
          assertThat(everyWord).containsAll(words(speech));
        }
      }
      default -> {
        if (!text.isEmpty()) {
          assertThat(words(text)).isEqualTo(everyWord);
        }
        if (!speech.isEmpty()) {
          assertThat(speech.get(0).firstUnit()).isZero();
          assertThat(speech.get(0).endUnit()).isEqualTo(utterance.units().hubert().length);
        }
      }
    }
  }

  @Property
  void equalSeedsGiveEqualSequencesAndNothingElseMatters(
      @ForAll("utterances") PreparedUtterance utterance,
      @ForAll("interleavers") Interleaver interleaver,
      @ForAll long seed,
      @ForAll @IntRange(max = 9) int epoch) {
    Interleaving first = interleaver.draw(utterance, seed, epoch);
    interleaver.draw(utterance, seed + 1, epoch);
    assertThat(interleaver.draw(utterance, seed, epoch)).isEqualTo(first);
  }

  @Property
  void idsAreThoseOfThePrompt(
      @ForAll("utterances") PreparedUtterance utterance,
      @ForAll("interleavers") Interleaver interleaver,
      @ForAll long seed) {
    Interleaving drawn = interleaver.draw(utterance, seed, 3);
    int[] ids = WRITER.ids(utterance, drawn, WORDS);
    Prompt prompt =
        Prompt.of(drawn.parts(utterance, TokenLayout.SPIRIT_LM), OutputModality.ARBITRARY);
    if (drawn.spans().isEmpty()) {
      assertThat(ids).isEmpty();
    } else {
      assertThat(ids).isEqualTo(prompt.ids(TOKENIZER));
      // and what stands in the vocabulary for them is the prompt again
      assertThat(TOKENIZER.decode(ids)).isEqualTo(prompt.string());
    }
  }

  @Property
  void allUnitsOfAnUtteranceAreMergedAsEncodingMergesThem(
      @ForAll("utterances") PreparedUtterance utterance) {
    int frames = utterance.units().hubert().length;
    if (frames > 0) {
      assertThat(UnitStretch.tokens(utterance.units(), TokenLayout.SPIRIT_LM, 0, frames))
          .isEqualTo(SpeechTokens.of(utterance.units()));
    }
  }

  @Property
  void aStretchIsThePlainMerge(
      @ForAll @From("utterances") PreparedUtterance utterance, @ForAll long cut) {
    int frames = utterance.units().hubert().length;
    int from = (int) Math.floorMod(cut, frames + 1L);
    int to = from + (int) Math.floorMod(Draws.mix(cut), frames - from + 1L);
    assertThat(UnitStretch.tokens(utterance.units(), TokenLayout.SPIRIT_LM, from, to))
        .isEqualTo(PlainStretch.of(utterance.units(), from, to));
  }

  @Test
  void otherEpochsSeedsAndItemsDrawOtherSpans() {
    PreparedUtterance utterance = Utterances.random("one", 1, 60, true);
    Set<Interleaving> drawn = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      drawn.add(Interleaver.PAPER.draw(utterance, 1, i));
      drawn.add(Interleaver.PAPER.draw(utterance, 2 + i, 0));
      drawn.add(Interleaver.PAPER.draw(Utterances.random("id" + i, 1, 60, true), 1, 0));
    }
    assertThat(drawn).hasSizeGreaterThan(50);
  }

  @Test
  void bothModalitiesBeginAndEveryLengthIsDrawnEquallyOften() {
    int[] starts = IntStream.range(0, 100).map(i -> 10 * i).toArray();
    int[] ends = Arrays.stream(starts).map(start -> start + 8).toArray();
    WordCuts cuts = WordCuts.of(starts, ends);
    int[] counts = new int[31];
    int text = 0;
    int runs = 42_000;
    for (int epoch = 0; epoch < runs; epoch++) {
      Span first = Interleaver.PAPER.draw(cuts, 1000, new Draws(5, epoch, 9)).get(0);
      if (first.modality() == Modality.TEXT) {
        text++;
        counts[first.endWord()]++;
      }
    }
    assertThat(text).isBetween(runs / 2 - 600, runs / 2 + 600); // six standard deviations
    for (int length = 10; length <= 30; length++) {
      assertThat(counts[length]).isBetween(1000 - 200, 1000 + 200);
    }
  }

  @Test
  void drawsNeverChange() {
    // seeds of runs are worth nothing if these do
    Draws draws = new Draws(1, 2, Draws.itemKey("née"));
    assertThat(Draws.itemKey("")).isEqualTo(0xCBF29CE484222325L);
    assertThat(Draws.itemKey("a")).isEqualTo(0xAF63DC4C8601EC8CL); // FNV-1a's published value
    assertThat(Draws.mix(0x9E3779B97F4A7C15L)).isEqualTo(0xE220A8397B1DCDAFL); // SplitMix64's
    assertThat(IntStream.range(0, 8).map(i -> draws.between(10, 30)).toArray())
        .containsExactly(19, 18, 11, 21, 28, 14, 12, 15); // computed apart from this program
  }
}

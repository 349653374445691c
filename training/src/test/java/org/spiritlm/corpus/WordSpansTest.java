package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/** Words become spans of units. */
class WordSpansTest {
  private static Utterance utterance(@Nullable Double start, AlignedWord... words) {
    return new Utterance(
        "a", AudioLocation.of("a"), start, null, null, List.of(words), null, null, null);
  }

  @Test
  void aWordBeginsAndEndsAtTheNearestBorder() {
    Utterance utterance =
        utterance(
            null,
            new AlignedWord("the", 0.05, 0.1),
            new AlignedWord("a", 0.101, 0.105),
            new AlignedWord("cat", 0.13, 0.5));
    assertThat(WordSpans.of(utterance, 0.5, 12, 25))
        .containsExactly(
            new WordFrames("the", 1, 3), new WordFrames("a", 3, 3), new WordFrames("cat", 3, 12));
  }

  @Test
  void timesOfAStretchCountFromTheBeginningOfTheRecording() {
    Utterance utterance = utterance(10.0, new AlignedWord("cat", 10.2, 10.4));
    assertThat(WordSpans.of(utterance, 1, 24, 25)).containsExactly(new WordFrames("cat", 5, 10));
  }

  @Test
  void aWordPastTheEndIsRefusedByName() {
    Utterance utterance = utterance(2.0, new AlignedWord("cat", 2.5, 3.2));
    assertThatThrownBy(() -> WordSpans.of(utterance, 1, 24, 25))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the word 'cat' (2.500 s to 3.200 s) lies past the end of the audio at 3.000 s");
    assertThat(WordSpans.of(utterance, 1.2, 29, 25)).hasSize(1);
  }

  @Property(tries = 300)
  void spansAreOrderedDisjointAndWithinTheUnitsWhateverTheTimes(
      @ForAll @Size(max = 20) List<@DoubleRange(min = 0, max = 1.5) Double> steps,
      @ForAll @IntRange(min = 1, max = 600) int units,
      @ForAll @DoubleRange(min = 0, max = 3) double begin) {
    List<AlignedWord> words = new ArrayList<>();
    double at = begin;
    for (double step : steps) {
      words.add(new AlignedWord("w" + words.size(), at, at + step));
      at += step;
    }
    List<WordFrames> spans =
        WordSpans.of(utterance(begin, words.toArray(AlignedWord[]::new)), at - begin, units, 25);
    assertThat(spans).extracting(WordFrames::word).hasSameSizeAs(words);
    int last = 0;
    for (int i = 0; i < spans.size(); i++) {
      WordFrames span = spans.get(i);
      assertThat(span.word()).isEqualTo(words.get(i).word());
      assertThat(span.start()).isGreaterThanOrEqualTo(last);
      assertThat(span.end()).isBetween(span.start(), units);
      double expected = Math.min(units, (words.get(i).end() - begin) * 25);
      assertThat(Math.abs(span.end() - expected)).isLessThanOrEqualTo(0.5 + 1e-9);
      last = span.end();
    }
  }
}

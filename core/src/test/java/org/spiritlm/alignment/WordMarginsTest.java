package org.spiritlm.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/** Words get what is theirs of the gaps beside them, and never more. */
final class WordMarginsTest {
  private static List<AlignedWord> words(double... times) {
    List<AlignedWord> words = new ArrayList<>();
    for (int i = 0; i < times.length; i += 2) {
      words.add(new AlignedWord("w" + i, times[i], times[i + 1], -0.1));
    }
    return words;
  }

  @Test
  void wordsReachIntoGapsButNotPastTheirMiddle() {
    List<AlignedWord> wider =
        new WordMargins(0.04, 0.03).around(words(0.01, 0.2, 0.24, 0.5, 0.8, 0.9), 0.92);
    assertThat(wider.get(0).start()).isZero();
    assertThat(wider.get(0).end()).isCloseTo(0.22, within(1e-9));
    assertThat(wider.get(1).start()).isCloseTo(0.22, within(1e-9));
    assertThat(wider.get(1).end()).isCloseTo(0.53, within(1e-9));
    assertThat(wider.get(2).start()).isCloseTo(0.76, within(1e-9));
    assertThat(wider.get(2).end()).isCloseTo(0.92, within(1e-9));
  }

  @Property(tries = 300)
  void orderStaysAndNoWordShrinks(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(max = 9) Integer> steps,
      @ForAll @DoubleRange(max = 0.2) double late,
      @ForAll @DoubleRange(max = 0.2) double early) {
    List<AlignedWord> words = new ArrayList<>();
    double at = 0;
    for (int step : steps) { // gaps and words of 0 to 80 ms, some of no length
      double start = at + (step % 5) * 0.02;
      int length = step / 2;
      at = start + length * 0.02;
      words.add(new AlignedWord("w", start, at, null));
    }
    List<AlignedWord> wider = new WordMargins(late, early).around(words, at + 0.05);
    double edge = 0;
    for (int i = 0; i < words.size(); i++) {
      AlignedWord word = wider.get(i);
      assertThat(word.start()).isGreaterThanOrEqualTo(edge - 1e-9);
      assertThat(word.end()).isBetween(word.start(), at + 0.05 + 1e-9);
      if (words.get(i).end() > words.get(i).start()) {
        assertThat(word.start())
            .isBetween(words.get(i).start() - late - 1e-9, words.get(i).start());
        assertThat(word.end()).isBetween(words.get(i).end(), words.get(i).end() + early + 1e-9);
      } else {
        assertThat(word.end()).isEqualTo(word.start());
      }
      edge = word.end();
    }
  }

  @Test
  void theyAreTheMediansOfWhatIsKnown() {
    WordMargins margins =
        WordMargins.between(
            words(0, 1, 2, 3, 4, 5), words(0.02, 0.99, 2.03, 2.98, 4.1, 5.1)); // one too late
    assertThat(margins.late()).isCloseTo(0.03, within(1e-9));
    assertThat(margins.early()).isCloseTo(0.01, within(1e-9));
    assertThat(WordMargins.between(words(1, 2), words(0.9, 2.1))).isEqualTo(WordMargins.NONE);
  }

  @Test
  void absurdOnesAreRefused() {
    assertThat(WordMargins.read(ConfigFile.of("config", Map.of()))).isEqualTo(WordMargins.NONE);
    assertThatThrownBy(
            () -> WordMargins.read(ConfigFile.of("config", Map.of("word_late_seconds", 3))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("seconds from 0 to 0.2");
  }
}

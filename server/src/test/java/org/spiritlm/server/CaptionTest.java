package org.spiritlm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.spiritlm.alignment.AlignedWord;

/** Words become subtitles and sentences, each word once and in its time. */
class CaptionTest {
  private static final double LONGEST = 7;

  /** A word, the silence before it and how long it lasts (ms). */
  private record Said(String word, int pause, int length) {}

  @Provide
  Arbitrary<List<AlignedWord>> words() {
    Arbitrary<String> word =
        Combinators.combine(
                Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(50),
                Arbitraries.of("", "", "", "", ",", ".", "?\"", "…"))
            .as((letters, end) -> letters + end);
    Arbitrary<Said> said =
        Combinators.combine(
                word,
                Arbitraries.integers().between(0, 1500),
                Arbitraries.frequency(Tuple.of(1, 0), Tuple.of(9, 300)))
            .as(Said::new);
    return said.list().ofMinSize(1).ofMaxSize(60).map(CaptionTest::timed);
  }

  private static List<AlignedWord> timed(List<Said> all) {
    List<AlignedWord> words = new ArrayList<>();
    double at = 0;
    for (Said said : all) {
      at += said.length == 0 ? 0 : said.pause / 1000.0;
      double end = at + said.length / 1000.0;
      words.add(new AlignedWord(said.word, at, end));
      at = end;
    }
    return words;
  }

  private static void assertAllOnce(List<Caption> captions, List<AlignedWord> words) {
    String all = String.join(" ", captions.stream().map(Caption::text).toList());
    assertThat(all.replace('\n', ' '))
        .isEqualTo(String.join(" ", words.stream().map(AlignedWord::word).toList()));
    double before = 0;
    int next = 0;
    for (Caption caption : captions) {
      int count = caption.text().split("[ \n]", -1).length;
      assertThat(caption.start()).isGreaterThanOrEqualTo(before);
      assertThat(caption.start()).isEqualTo(words.get(next).start());
      assertThat(caption.end()).isEqualTo(words.get(next + count - 1).end());
      before = caption.end();
      next += count;
    }
  }

  @Property(tries = 300)
  void sentencesHoldAllWordsOnce(@ForAll("words") List<AlignedWord> words) {
    List<Caption> sentences = Caption.sentences(words);
    assertAllOnce(sentences, words);
    assertThat(sentences).allSatisfy(sentence -> assertThat(sentence.text()).doesNotContain("\n"));
  }

  @Property(tries = 300)
  void subtitlesHoldAllWordsOnceAndAreShort(@ForAll("words") List<AlignedWord> words) {
    List<Caption> subtitles = Caption.subtitles(words);
    assertAllOnce(subtitles, words);
    boolean allSaid = words.stream().allMatch(word -> word.end() > word.start());
    for (Caption subtitle : subtitles) {
      String[] lines = subtitle.text().split("\n", -1);
      assertThat(lines.length).isLessThanOrEqualTo(2);
      boolean single = subtitle.text().split("[ \n]", -1).length == 1;
      if (allSaid && !single) {
        assertThat(subtitle.text().length()).isLessThanOrEqualTo(84);
        assertThat(subtitle.end() - subtitle.start()).isLessThanOrEqualTo(LONGEST);
      }
    }
  }

  @Example
  void theyEndWhereOneWould() {
    List<AlignedWord> words =
        List.of(
            new AlignedWord("Well,", 0.1, 0.4),
            new AlignedWord("yes.", 0.5, 0.9),
            new AlignedWord("—", 0.9, 0.9),
            new AlignedWord("He", 1.0, 1.1),
            new AlignedWord("waited", 1.1, 1.5),
            new AlignedWord("and", 2.5, 2.7),
            new AlignedWord("understandably", 2.7, 3.4),
            new AlignedWord("misunderstood", 3.4, 4),
            new AlignedWord("everything", 4, 4.5));
    assertThat(Caption.sentences(words))
        .containsExactly(
            new Caption(0.1, 0.9, "Well, yes. —"),
            new Caption(1.0, 1.5, "He waited"),
            new Caption(2.5, 4.5, "and understandably misunderstood everything"));
    assertThat(Caption.subtitles(words).get(2).text())
        .isEqualTo("and understandably\nmisunderstood everything");
  }
}

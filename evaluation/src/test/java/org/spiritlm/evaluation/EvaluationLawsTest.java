package org.spiritlm.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.evaluation.ContinuationMeasure.Scoring;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;

/** What holds for figures and for what they are made of. */
final class EvaluationLawsTest {
  @Test
  void englishIsWrittenAsItIsSaid() {
    assertThat(SpokenEnglish.normalize("127")).isEqualTo("one hundred twenty seven");
    assertThat(SpokenEnglish.normalize("One hundred twenty-seven."))
        .isEqualTo("one hundred twenty seven");
    assertThat(SpokenEnglish.normalize("The 21st, 3rd, 12th and 40th"))
        .isEqualTo("the twenty first third twelfth and fortieth");
    assertThat(SpokenEnglish.normalize("$1,250,000 or 5%"))
        .isEqualTo("one million two hundred fifty thousand dollars or five percent");
    assertThat(SpokenEnglish.normalize("an 8-year program, in the 90s"))
        .isEqualTo("an eight year program in the ninety s");
    assertThat(SpokenEnglish.normalize("They’re sure he won't, she's here, I'd've"))
        .isEqualTo("they are sure he will not she is here i would've");
    assertThat(SpokenEnglish.normalize("They are sure he will not; she is here"))
        .isEqualTo("they are sure he will not she is here");
    assertThat(SpokenEnglish.normalize("Mr. Smith & Dr. No"))
        .isEqualTo("mister smith and doctor no");
    assertThat(SpokenEnglish.normalize("12345678901234567")).startsWith("one two three four");
    assertThat(SpokenEnglish.normalize("…")).isEmpty();
  }

  @Property(tries = 300)
  void numbersAreSaidAsTheirParts(@ForAll @LongRange(min = 0, max = 999_999_999_999_999L) long n) {
    String words = SpokenEnglish.words(n);
    assertThat(value(words)).isEqualTo(n);
    assertThat(SpokenEnglish.normalize(Long.toString(n))).isEqualTo(words);
    assertThat(SpokenEnglish.normalize(words)).isEqualTo(words);
  }

  /** Reads what was written, word by word. */
  private static long value(String words) {
    List<String> scales = List.of("thousand", "million", "billion", "trillion");
    long all = 0;
    long part = 0;
    for (String word : words.split(" ", -1)) {
      if (scales.contains(word)) {
        all += part * (long) Math.pow(1000, scales.indexOf(word) + 1);
        part = 0;
      } else if (word.equals("hundred")) {
        part *= 100;
      } else {
        for (int i = 0; i < 100; i = i < 20 ? i + 1 : i + 10) {
          part += SpokenEnglish.words(i).equals(word) ? i : 0;
        }
      }
    }
    return all + part;
  }

  @Test
  void noTwoNumbersSoundAlike() {
    Set<String> said = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      assertThat(said.add(SpokenEnglish.words(i))).as("%d", i).isTrue();
    }
  }

  @Property(tries = 100)
  void lettersShareTheirWord(
      @ForAll @DoubleRange(min = 0, max = 100) double start,
      @ForAll @DoubleRange(min = 0, max = 3) double length,
      @ForAll @IntRange(min = 1, max = 12) int letters) {
    AlignedWord word =
        new AlignedWord("'" + "aB3".repeat(4).substring(0, letters) + "!", start, start + length);
    List<AlignedWord> found = FrameLabels.letters(List.of(word, new AlignedWord("–", 200, 201)));
    assertThat(found).hasSize(letters);
    assertThat(found.get(0).start()).isEqualTo(start);
    assertThat(found.get(letters - 1).end()).isCloseTo(start + length, within(1e-9));
    for (int i = 1; i < letters; i++) {
      assertThat(found.get(i).start()).isEqualTo(found.get(i - 1).end());
      assertThat(found.get(i).word()).isEqualTo("ab3".repeat(4).substring(i, i + 1));
    }
  }

  /** So that the accuracy is one half where right and wrong are exchanged at random. */
  @Property(tries = 200)
  void aChoiceAndItsOppositeAreOne(
      @ForAll @DoubleRange(min = -500, max = 0) double one,
      @ForAll @IntRange(min = 1, max = 9) int first,
      @ForAll @DoubleRange(min = -500, max = 0) double other,
      @ForAll @IntRange(min = 1, max = 9) int second) {
    for (Scoring scoring : Scoring.values()) {
      double there = ContinuationMeasure.choice(choice(one, first, other, second), scoring);
      double back = ContinuationMeasure.choice(choice(other, second, one, first), scoring);
      assertThat(there + back).isEqualTo(1);
      assertThat(ContinuationMeasure.choice(choice(one, first, one, first), scoring))
          .isEqualTo(0.5);
    }
    ObjectNode longer = choice(-10, 5, -4, 1);
    assertThat(ContinuationMeasure.choice(longer, Scoring.MEAN)).isEqualTo(1);
    assertThat(ContinuationMeasure.choice(longer, Scoring.SUM)).isZero();
    longer.put("right_alone", -12).put("wrong_alone", -5);
    assertThat(ContinuationMeasure.choice(longer, Scoring.GAIN)).isEqualTo(1);
    longer.put("right_alone", -10.5);
    assertThat(ContinuationMeasure.choice(longer, Scoring.GAIN)).isZero();
  }

  private static ObjectNode choice(double right, int rights, double wrong, int wrongs) {
    return Json.object()
        .put("right", right)
        .put("right_tokens", rights)
        .put("wrong", wrong)
        .put("wrong_tokens", wrongs);
  }

  @Test
  void aBarThatIsNotReachedIsShown() {
    Quality quality = new Quality(Json.object().put("model", "m"));
    Figure wer = Figure.of("asr.wer", "ASR", Figure.Form.SHARE, 0.25, 40);
    quality.add(wer.withPaper(0.219).withBar(Bar.atMost(0.2)));
    quality.add(
        Figure.missing("tts.wer", "TTS", Figure.Form.SHARE, "nobody heard it")
            .withBar(Bar.atMost(0.3)));
    quality.add(Figure.of("pitch", "codes", Figure.Form.COUNT, 48, 40).withBar(Bar.atLeast(48)));
    quality.add(Figure.of("nothing", "n", Figure.Form.NUMBER, Double.NaN, 0));
    assertThat(quality.missed()).extracting(Figure::name).containsExactly("asr.wer", "tts.wer");
    assertThat(Quality.describe(quality.missed()))
        .isEqualTo("asr.wer 25.0 % (≤ 20.0 %), tts.wer not measured (≤ 30.0 %)");
    assertThat(quality.markdown().lines())
        .contains(
            "| ASR | 25.0 % | 40 | 21.9 % | ≤ 20.0 % | **not met** |",
            "| TTS (nobody heard it) | – |  |  | ≤ 30.0 % | not measured |",
            "| codes | 48 | 40 |  | ≥ 48 | met |");
    assertThat(quality.json().path("figures").get(0).path("met").asBoolean(true)).isFalse();
    assertThat(quality.json().path("figures").get(1).path("value").isNull()).isTrue();
    assertThat(quality.value("nothing")).isNull();
  }

  @Test
  void oneProcessAtATimeKeepsAJournal(@TempDir Path directory) {
    Path file = directory.resolve("items.jsonl");
    ObjectNode identity = Json.object().put("model", "m");
    try (ItemJournal first = open(file, identity, false)) {
      first.add("asr", "u1", Json.object().put("text", "é\n"));
      assertThatThrownBy(() -> open(file, identity, false))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("in use");
    }
    try (ItemJournal again = open(file, identity, false)) {
      assertThat(again.results().has("asr", "u2")).isFalse();
      assertThat(again.results().of("asr", "u1").path("text").asText()).isEqualTo("é\n");
    }
  }

  private static ItemJournal open(Path file, ObjectNode identity, boolean force) {
    return new ItemJournal(file, identity, force, () -> {});
  }

  @Test
  void filesOfOthersAreLeftAlone(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("items.jsonl");
    for (String content : List.of("{\"id\":\"a\"}\n", "text\n", "\n")) {
      Files.writeString(file, content);
      assertThatThrownBy(() -> open(file, Json.object().put("model", "m"), true))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("is of no evaluation");
      assertThat(file).hasContent(content);
    }
  }

  @Test
  void transcriptsAreReadOrRefused(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("heard.jsonl");
    Files.writeString(file, "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"b\",\"text\":\"\"}\n");
    Transcripts read = Transcripts.read(file);
    assertThat(read.of("a", file)).isEqualTo("x");
    assertThat(read.of("b", file)).isEmpty();
    assertThat(read.of("c", file)).isNull();
    Files.writeString(file, "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}\n");
    assertThatThrownBy(() -> Transcripts.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 2: 'a' was there before");
    Files.writeString(file, "{\"id\":\"a\"}\n");
    assertThatThrownBy(() -> Transcripts.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("expected a text under \"text\"");
  }
}

package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

/** Vocabularies that are learnt from text. */
final class BytePairsTest {
  private static final List<String> SPEECH = Vocabulary.tokens(10, 0, 0);

  private static final String TEXT =
      "The cat sat on the mat. The cat's hat is on the other mat, and 23 cats sat there! "
          + "Größe, naïve, 猫は座った。 \ud83d\ude00";

  @TempDir Path folder;

  private TextTokenizer learnt(String text, int size) throws IOException {
    WordCounts words = new WordCounts();
    words.add(text);
    Path directory = Files.createTempDirectory(folder, "tokenizer");
    NewTokenizer.learnt(words, size, SPEECH).write(directory, 4096);
    return TextTokenizer.open(directory);
  }

  /** The most frequent pair is merged each time, as counting all anew each time finds it. */
  @Property(tries = 200)
  void piecesAreInTheOrderOfTheirCounts(@ForAll("words") Map<String, Long> words) {
    assertThat(BytePairs.learn(words, 12)).isEqualTo(counted(words, 12));
  }

  @Provide
  Arbitrary<Map<String, Long>> words() {
    return Arbitraries.maps(
            Arbitraries.strings().withChars('a', 'b', 'c', '▁').ofMinLength(1).ofMaxLength(7),
            Arbitraries.longs().between(1, 5))
        .ofMaxSize(12);
  }

  private static List<String> counted(Map<String, Long> words, int most) {
    Map<List<String>, Long> divided = new LinkedHashMap<>();
    words.forEach(
        (word, count) ->
            divided.put(word.codePoints().mapToObj(Character::toString).toList(), count));
    List<String> pieces = new ArrayList<>();
    Map<List<String>, Long> now = divided;
    while (pieces.size() < most) {
      Map<List<String>, Long> pairs = new HashMap<>();
      now.forEach(
          (word, count) -> {
            for (int i = 0; i + 1 < word.size(); i++) {
              pairs.merge(word.subList(i, i + 2), count, Long::sum);
            }
          });
      Comparator<Map.Entry<List<String>, Long>> order =
          Map.Entry.<List<String>, Long>comparingByValue()
              .reversed()
              .thenComparing(entry -> entry.getKey().get(0))
              .thenComparing(entry -> entry.getKey().get(1));
      List<String> best = pairs.entrySet().stream().min(order).map(Map.Entry::getKey).orElse(null);
      if (best == null) {
        return pieces;
      }
      String piece = best.get(0) + best.get(1);
      if (!pieces.contains(piece)) {
        pieces.add(piece);
      }
      Map<List<String>, Long> next = new LinkedHashMap<>();
      now.forEach(
          (word, count) -> {
            List<String> merged = new ArrayList<>();
            for (int i = 0; i < word.size(); i++) {
              if (i + 1 < word.size() && word.subList(i, i + 2).equals(best)) {
                merged.add(piece);
                i++;
              } else {
                merged.add(word.get(i));
              }
            }
            next.merge(merged, count, Long::sum);
          });
      now = next;
    }
    return pieces;
  }

  @Property(tries = 100)
  void anyTextComesBack(@ForAll String text) throws IOException {
    String whole = "x" + text.replace('▁', '_').replaceAll("\\p{Cs}", "?");
    TextTokenizer tokenizer = Shared.tokenizer();
    assertThat(tokenizer.decode(tokenizer.encode(whole))).isEqualTo(whole);
  }

  /** One for all tries. */
  private static final class Shared {
    private static TextTokenizer made;

    static TextTokenizer tokenizer() throws IOException {
      if (made == null) {
        BytePairsTest test = new BytePairsTest();
        test.folder = Files.createTempDirectory("pairs");
        made = test.learnt(TEXT, 330);
        try (var files = Files.walk(test.folder)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
      return made;
    }
  }

  @Test
  void frequentWordsCostATokenAndTextOfTheLanguageFewerThanLetters() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      text.append("die Katze saß auf der Matte, und die Katze schlief. ");
    }
    TextTokenizer tokenizer = learnt(text.toString(), 340);
    for (String word : List.of("die", "Katze", "saß", "auf", "der", "Matte", "schlief")) {
      assertThat(tokenizer.encode(word, false)).as(word).hasSize(1);
    }
    assertThat(tokenizer.encode("die Katze, und.", false)).hasSize(5);
  }

  @Test
  void theSameTextGivesTheSameFileAndAsManyPiecesAsAskedFor() throws IOException {
    WordCounts words = new WordCounts();
    words.add(TEXT);
    NewTokenizer.learnt(words, 300, SPEECH).write(folder, 4096);
    byte[] first = Files.readAllBytes(folder.resolve("tokenizer.model"));
    WordCounts again = new WordCounts();
    for (String word : TEXT.split(" ", -1)) {
      again.add(word);
    }
    NewTokenizer.learnt(again, 300, SPEECH).write(folder, 4096);
    assertThat(Files.readAllBytes(folder.resolve("tokenizer.model"))).isEqualTo(first);
    assertThat(Vocabulary.of(TextTokenizer.open(folder), 400).text())
        .containsExactly(new IdRange(0, 300));
  }

  @Test
  void whatHasNoRoomOrNoWordIsRefused() {
    WordCounts words = new WordCounts();
    assertThatThrownBy(() -> NewTokenizer.learnt(words, 1000, SPEECH))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the text is empty");
    words.add(TEXT);
    assertThatThrownBy(() -> NewTokenizer.learnt(words, 260, SPEECH))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no room for text");
  }
}

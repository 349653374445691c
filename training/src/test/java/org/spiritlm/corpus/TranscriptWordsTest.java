package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.spiritlm.alignment.AlignedWord;

/** Words that spell a transcript are given its form, however they are written and cut. */
final class TranscriptWordsTest {
  private static final List<String> TOKENS =
      List.of(
          "The", "\"Well-known,\"", "Zoë's", "cat.", "—", "...", "I", "3,000", "naïve?!", "U.S.");

  @Property(tries = 300)
  void inOrderTheyAreTheTranscript(@ForAll long seed) {
    Random random = new Random(seed);
    List<String> tokens = new ArrayList<>(List.of("So"));
    for (int i = random.nextInt(12); i > 0; i--) {
      tokens.add(TOKENS.get(random.nextInt(TOKENS.size())));
    }
    String transcript = String.join(" ", tokens);
    List<AlignedWord> aligned = cut(transcript, random);
    Utterance utterance =
        Utterance.of("a", AudioLocation.of("a.wav"), "  " + String.join(" \t ", tokens));
    new UtteranceChecks().check(utterance.withWords(aligned));

    List<AlignedWord> words = TranscriptWords.fit(transcript, aligned);
    assertThat(String.join(" ", words.stream().map(AlignedWord::word).toList()))
        .isEqualTo(transcript);
    assertThat(words.get(0).start()).isEqualTo(aligned.get(0).start());
    assertThat(words.get(words.size() - 1).end()).isEqualTo(aligned.get(aligned.size() - 1).end());
    for (int i = 1; i < words.size(); i++) {
      assertThat(words.get(i).start()).isEqualTo(words.get(i - 1).end());
    }
  }

  /** The transcript in lower case without punctuation, in words of any lengths. */
  private static List<AlignedWord> cut(String transcript, Random random) {
    String letters = WordLetters.of(transcript).toLowerCase(Locale.ROOT);
    List<AlignedWord> words = new ArrayList<>();
    for (int at = 0; at < letters.length(); ) {
      int end = Math.min(letters.length(), at + 1 + random.nextInt(8));
      words.add(new AlignedWord(letters.substring(at, end), words.size(), words.size() + 1));
      at = end;
      if (random.nextInt(5) == 0) {
        words.add(new AlignedWord("-", words.size(), words.size() + 1));
      }
    }
    return words;
  }
}

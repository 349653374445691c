package org.spiritlm.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Sentences of frequent words out of WordNet. */
final class WordNetSentencesTest {
  @Test
  void sentencesAreSpeakableAndOfFrequentWords() {
    List<String> sentences = WordNetSentences.of(1000, Integer.MAX_VALUE);
    assertThat(sentences).hasSizeBetween(1000, 10_000).doesNotHaveDuplicates();
    Set<String> words = new HashSet<>();
    for (String sentence : sentences) {
      assertThat(sentence).matches("[A-Z'].*[.!?]").doesNotContainPattern("[0-9\"()]");
      for (String word : sentence.toLowerCase(Locale.ROOT).split("[^a-z']+", -1)) {
        words.add(word.replaceAll("^'+|'+$", ""));
      }
    }
    assertThat(words).hasSizeLessThanOrEqualTo(1001).contains("the", "time", "water");
    assertThat(WordNetSentences.of(1000, 50)).isEqualTo(sentences.subList(0, 50));
    assertThat(sentences.subList(0, 50)).allSatisfy(each -> assertThat(each).isNotBlank());
  }
}

package org.spiritlm.evaluation;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.training.speech.SpeechSet;

/**
 * An utterance that is measured.
 *
 * @param number its place in the set, from 0
 * @param set whose it is
 */
record Item(int number, SpeechSet set) {
  Utterance utterance() {
    return set.utterance(number);
  }

  String id() {
    return utterance().id();
  }

  /** Its transcript; empty where there is none. */
  String text() {
    @Nullable String text = utterance().text();
    return text == null ? "" : text.strip();
  }

  boolean hasText() {
    return !text().isEmpty();
  }

  /** The words of its transcript, those with times where they are known. */
  List<String> words() {
    List<AlignedWord> timed = utterance().words();
    return timed.isEmpty()
        ? List.of(text().split("\\s+"))
        : timed.stream().map(AlignedWord::word).toList();
  }

  /** Its audio, at 16 kHz. */
  float[] samples() {
    return set.samples(number);
  }
}

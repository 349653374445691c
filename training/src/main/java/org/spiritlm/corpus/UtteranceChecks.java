package org.spiritlm.corpus;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * What can be wrong with an utterance before its audio is opened: an id that was there before, a
 * blank transcript, times that run backwards, words that overlap, lie outside, or do not spell the
 * transcript.
 *
 * <p>One object sees all utterances of a corpus, and keeps about 16 bytes of each. Not thread-safe.
 */
public final class UtteranceChecks {
  /** How far words may overlap or stand out without being refused: rounding of times (seconds). */
  private static final double TOLERANCE = 0.002;

  private final SeenNames ids = new SeenNames();

  /**
   * Checks one.
   *
   * @throws InputException saying what is wrong
   */
  public void check(Utterance utterance) {
    if (utterance.id().isBlank()) {
      throw new InputException("the id is empty");
    }
    if (!ids.add(utterance.id())) {
      throw new InputException("the id '" + utterance.id() + "' was there before");
    }
    String text = utterance.text();
    if (text != null && text.isBlank()) {
      throw new InputException("the transcript is empty");
    }
    @Nullable Double start = utterance.start();
    @Nullable Double end = utterance.end();
    double from = start == null ? 0 : start;
    double to = end == null ? Double.POSITIVE_INFINITY : end;
    if (from < 0 || to <= from) {
      throw new InputException(
          String.format(Locale.ROOT, "the stretch from %.3f s to %.3f s is none", from, to));
    }
    checkWords(utterance.words(), from, to);
    if (text != null && !utterance.words().isEmpty()) {
      checkSpelling(utterance.words(), text);
    }
  }

  /**
   * Words may be cut otherwise than in the transcript (well, known) and have another case and other
   * punctuation, but all letters in order must be the same.
   */
  private static void checkSpelling(List<AlignedWord> words, String transcript) {
    String[] tokens = transcript.strip().split("\\s+", -1);
    StringBuilder wanted = new StringBuilder();
    int[] ends = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      ends[i] = wanted.append(WordLetters.of(tokens[i])).length();
    }
    String spelt = wanted.toString();
    int at = 0;
    for (AlignedWord word : words) {
      String letters = WordLetters.of(word.word());
      if (!spelt.startsWith(letters, at)) {
        throw new InputException(
            "the words do not spell the transcript: '"
                + word.word()
                + "' stands where it has "
                + token(tokens, ends, at));
      }
      at += letters.length();
    }
    if (at < spelt.length()) {
      throw new InputException(
          "the words do not spell the transcript: they end before " + token(tokens, ends, at));
    }
  }

  /** The word of the transcript to which a letter belongs. */
  private static String token(String[] tokens, int[] ends, int letter) {
    for (int i = 0; i < tokens.length; i++) {
      if (letter < ends[i]) {
        return "'" + tokens[i] + "'";
      }
    }
    return "nothing more";
  }

  private static void checkWords(List<AlignedWord> words, double from, double to) {
    double last = from;
    for (AlignedWord word : words) {
      if (word.word().isBlank()) {
        throw new InputException("a word is empty");
      }
      if (word.end() < word.start()) {
        throw wrong(word, "ends before it starts");
      }
      if (word.start() < from - TOLERANCE || word.end() > to + TOLERANCE) {
        throw wrong(word, String.format(Locale.ROOT, "lies outside of %.3f s to %.3f s", from, to));
      }
      if (word.start() < last - TOLERANCE) {
        throw wrong(
            word,
            String.format(Locale.ROOT, "starts before the word before it ends, at %.3f s", last));
      }
      last = word.end();
    }
  }

  private static InputException wrong(AlignedWord word, String what) {
    return new InputException(
        String.format(
            Locale.ROOT,
            "the word '%s' (%.3f s to %.3f s) %s",
            word.word(),
            word.start(),
            word.end(),
            what));
  }
}

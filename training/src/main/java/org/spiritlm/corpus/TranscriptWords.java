package org.spiritlm.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * Gives an alignment's words the form that they have in the transcript, with its capitals and
 * punctuation, so that the words in order are the transcript.
 *
 * <p>Words are compared by their {@linkplain WordLetters letters} alone. A word of the transcript
 * may be several of the alignment (well-known), and what has neither letter nor digit (a dash)
 * belongs to the word before it.
 */
final class TranscriptWords {
  /** What aligners write for a word that they do not know. */
  private static final Set<String> UNKNOWN = Set.of("<unk>", "[unk]", "<oov>");

  private TranscriptWords() {}

  /**
   * The transcript's words with the alignment's times.
   *
   * @throws InputException if they are not the same words
   */
  static List<AlignedWord> fit(String transcript, List<AlignedWord> aligned) {
    List<AlignedWord> words = new ArrayList<>();
    int at = 0;
    for (String token : joined(transcript)) {
      String wanted = WordLetters.of(token);
      if (at == aligned.size()) {
        throw new InputException(
            "the alignment has " + aligned.size() + " words and ends before '" + token + "'");
      }
      AlignedWord first = aligned.get(at++);
      AlignedWord last = first;
      if (!UNKNOWN.contains(first.word().toLowerCase(Locale.ROOT))) {
        StringBuilder found = new StringBuilder(WordLetters.of(first.word()));
        while (found.length() < wanted.length() && at < aligned.size()) {
          last = aligned.get(at++);
          found.append(WordLetters.of(last.word()));
        }
        if (!found.toString().equals(wanted)) {
          throw new InputException(
              "the alignment has '" + first.word() + "' where the transcript has '" + token + "'");
        }
      }
      words.add(new AlignedWord(token, first.start(), last.end()));
    }
    if (at < aligned.size()) {
      throw new InputException(
          "the alignment goes on after the transcript's end, with '"
              + aligned.get(at).word()
              + "'");
    }
    return words;
  }

  /** The transcript's words, with what has no letter joined to the one before, or after. */
  private static List<String> joined(String transcript) {
    List<String> tokens = new ArrayList<>();
    String before = "";
    for (String token : transcript.strip().split("\\s+", -1)) {
      if (!WordLetters.of(token).isEmpty()) {
        tokens.add(before.isEmpty() ? token : before + " " + token);
        before = "";
      } else if (tokens.isEmpty()) {
        before = before.isEmpty() ? token : before + " " + token;
      } else {
        tokens.set(tokens.size() - 1, tokens.get(tokens.size() - 1) + " " + token);
      }
    }
    return tokens;
  }
}

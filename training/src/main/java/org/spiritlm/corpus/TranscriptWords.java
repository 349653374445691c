package org.spiritlm.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.torch.InputException;

/**
 * Gives an alignment's words the form that they have in the transcript, with its capitals and
 * punctuation, so that the words in order, with blanks between them, are the transcript.
 *
 * <p>Words are compared by their {@linkplain WordLetters letters} alone. A word of the transcript
 * may be several of the alignment (well-known), or several may be one, which then has blanks in it;
 * what has neither letter nor digit (a dash) belongs to the word before it.
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
    List<String> tokens = joined(transcript);
    List<AlignedWord> words = new ArrayList<>();
    int at = 0;
    int token = 0;
    while (token < tokens.size()) {
      String written = tokens.get(token++);
      if (at == aligned.size()) {
        throw new InputException(
            "the alignment has " + aligned.size() + " words and ends before '" + written + "'");
      }
      AlignedWord first = aligned.get(at++);
      AlignedWord last = first;
      if (!UNKNOWN.contains(first.word().toLowerCase(Locale.ROOT))) {
        StringBuilder wanted = new StringBuilder(WordLetters.of(written));
        StringBuilder found = new StringBuilder(WordLetters.of(first.word()));
        while (found.length() != wanted.length() && begin(wanted, found)) {
          if (found.length() < wanted.length() && at < aligned.size()) {
            last = aligned.get(at++);
            found.append(WordLetters.of(last.word()));
          } else if (found.length() > wanted.length() && token < tokens.size()) {
            String next = tokens.get(token++);
            written += " " + next;
            wanted.append(WordLetters.of(next));
          } else {
            break;
          }
        }
        if (!found.toString().contentEquals(wanted)) {
          throw new InputException(
              "the alignment has '"
                  + first.word()
                  + "' where the transcript has '"
                  + written
                  + "'");
        }
      }
      while (at < aligned.size() && WordLetters.of(aligned.get(at).word()).isEmpty()) {
        last = aligned.get(at++);
      }
      words.add(new AlignedWord(written, first.start(), last.end()));
    }
    if (at < aligned.size()) {
      throw new InputException(
          "the alignment goes on after the transcript's end, with '"
              + aligned.get(at).word()
              + "'");
    }
    return words;
  }

  /** Whether one of them begins with the other. */
  private static boolean begin(CharSequence one, CharSequence other) {
    String shorter = one.length() < other.length() ? one.toString() : other.toString();
    return one.toString().startsWith(shorter) && other.toString().startsWith(shorter);
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

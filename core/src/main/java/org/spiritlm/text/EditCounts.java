package org.spiritlm.text;

import java.util.Arrays;
import java.util.List;
import org.spiritlm.torch.InputException;

/**
 * How a hypothesis differs from its reference: the edits of a shortest alignment. Those of many
 * pairs are added, which gives the error rate of a corpus.
 *
 * <p>Among alignments with equally few edits the one with the most hits is counted.
 *
 * @param hits words (or characters) that are in both
 * @param substitutions of the reference, another in the hypothesis
 * @param insertions only in the hypothesis
 * @param deletions only in the reference
 */
public record EditCounts(long hits, long substitutions, long insertions, long deletions) {
  /** Nothing compared yet. */
  public static final EditCounts NONE = new EditCounts(0, 0, 0, 0);

  /**
   * Compares words: what stands between spaces. Case and punctuation count; see {@link
   * TranscriptNormalizer} for leaving them out.
   */
  public static EditCounts words(String reference, String hypothesis) {
    return of(splitWords(reference), splitWords(hypothesis));
  }

  /** Compares characters (code points), blanks included, runs of blanks as one. */
  public static EditCounts characters(String reference, String hypothesis) {
    return of(splitCharacters(reference), splitCharacters(hypothesis));
  }

  /** Compares two sequences of anything. */
  public static EditCounts of(List<?> reference, List<?> hypothesis) {
    int columns = hypothesis.size() + 1;
    EditCounts[] above = new EditCounts[columns];
    Arrays.setAll(above, j -> new EditCounts(0, 0, j, 0));
    for (Object expected : reference) {
      EditCounts[] row = new EditCounts[columns];
      row[0] = above[0].plus(0, 0, 0, 1);
      for (int j = 1; j < columns; j++) {
        EditCounts deleted = above[j].plus(0, 0, 0, 1);
        EditCounts inserted = row[j - 1].plus(0, 0, 1, 0);
        EditCounts paired =
            expected.equals(hypothesis.get(j - 1))
                ? above[j - 1].plus(1, 0, 0, 0)
                : above[j - 1].plus(0, 1, 0, 0);
        row[j] = better(paired, better(deleted, inserted));
      }
      above = row;
    }
    return above[columns - 1];
  }

  /** These counts and others. */
  public EditCounts plus(EditCounts more) {
    return plus(more.hits, more.substitutions, more.insertions, more.deletions);
  }

  /** All edits. */
  public long edits() {
    return substitutions + insertions + deletions;
  }

  /** Length of the reference. */
  public long referenceLength() {
    return hits + substitutions + deletions;
  }

  /**
   * Edits per word (or character) of the reference; more than 1 where much is inserted.
   *
   * @throws InputException if the reference is empty
   */
  public double rate() {
    if (referenceLength() == 0) {
      throw new InputException("the reference is empty: there is no error rate");
    }
    return (double) edits() / referenceLength();
  }

  private EditCounts plus(long hit, long substituted, long inserted, long deleted) {
    return new EditCounts(
        hits + hit, substitutions + substituted, insertions + inserted, deletions + deleted);
  }

  private static EditCounts better(EditCounts one, EditCounts other) {
    if (one.edits() != other.edits()) {
      return one.edits() < other.edits() ? one : other;
    }
    return one.hits >= other.hits ? one : other;
  }

  private static List<String> splitWords(String text) {
    String trimmed = text.strip();
    return trimmed.isEmpty() ? List.of() : Arrays.asList(trimmed.split("\\s+"));
  }

  private static List<Integer> splitCharacters(String text) {
    return String.join(" ", splitWords(text)).codePoints().boxed().toList();
  }
}

package org.spiritlm.corpus.alignment;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import org.spiritlm.alignment.AlignedWord;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.corpus.WordLetters;
import org.spiritlm.torch.InputException;

/**
 * How far word boundaries lie from where they should be: the beginnings and the ends of all words
 * that two manifests share.
 *
 * @param utterances compared
 * @param boundaries compared, two a word
 * @param median of the distances (seconds)
 * @param percentile95 the distance that 95 % do not exceed (seconds)
 * @param mean of the distances (seconds)
 * @param missing utterances of the reference that the other manifest has not, or without times
 * @param different utterances whose words are not the same, and were not compared
 */
public record BoundaryErrors(
    long utterances,
    long boundaries,
    double median,
    double percentile95,
    double mean,
    long missing,
    long different) {
  /**
   * Compares the words' times of two manifests; utterances are found by their ids, words must be
   * the same but for case and punctuation.
   *
   * @param reference where the times are right; utterances without times are passed over
   * @param found where they are to be judged; its times are held in memory
   * @throws InputException if a manifest has a bad line, or nothing can be compared
   * @throws java.io.UncheckedIOException if one cannot be read
   */
  public static BoundaryErrors compare(Path reference, Path found) {
    Map<String, List<AlignedWord>> words = new HashMap<>();
    Manifest.readWhole(found, utterance -> words.put(utterance.id(), utterance.words()));
    Comparison comparison = new Comparison(words);
    Manifest.readWhole(reference, comparison);
    if (comparison.utterances == 0) {
      throw new InputException(
          found
              + " and "
              + reference
              + " share no utterance with times for the same words ("
              + comparison.missing
              + " are missing, "
              + comparison.different
              + " have other words)");
    }
    return comparison.result();
  }

  private static final class Comparison implements Consumer<Utterance> {
    private final Map<String, List<AlignedWord>> found;
    private final DoubleStream.Builder errors = DoubleStream.builder();
    private long utterances;
    private long missing;
    private long different;

    Comparison(Map<String, List<AlignedWord>> found) {
      this.found = found;
    }

    @Override
    public void accept(Utterance reference) {
      if (reference.words().isEmpty()) {
        return;
      }
      List<AlignedWord> words = found.getOrDefault(reference.id(), List.of());
      if (words.isEmpty()) {
        missing++;
      } else if (!said(words).equals(said(reference.words()))) {
        different++;
      } else {
        utterances++;
        for (int i = 0; i < words.size(); i++) {
          AlignedWord right = reference.words().get(i);
          errors.add(Math.abs(words.get(i).start() - right.start()));
          errors.add(Math.abs(words.get(i).end() - right.end()));
        }
      }
    }

    private static List<String> said(List<AlignedWord> words) {
      return words.stream().map(word -> WordLetters.of(word.word())).toList();
    }

    BoundaryErrors result() {
      double[] sorted = errors.build().sorted().toArray();
      return new BoundaryErrors(
          utterances,
          sorted.length,
          percentile(sorted, 50),
          percentile(sorted, 95),
          Arrays.stream(sorted).sum() / sorted.length,
          missing,
          different);
    }
  }

  /** The least value that this part of all does not exceed. */
  private static double percentile(double[] sorted, int percent) {
    return sorted[(int) Math.max(0, (sorted.length * (long) percent + 99) / 100 - 1)];
  }
}

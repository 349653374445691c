package org.spiritlm.evaluation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.spiritlm.corpus.Manifest;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.interleaving.Draws;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.speech.SpeechSet;

/**
 * The utterances by which a model is judged, and others from which baselines and classifiers learn.
 *
 * <p>Both are drawn by the hash of their ids, so that a part of them is a mixture of all, the same
 * each time, and a smaller part is the beginning of a larger one.
 */
public final class EvaluationSet {
  /** The split from which baselines and classifiers learn. */
  public static final String TRAINING = "train";

  /** More than this does not change what baselines and classifiers learn. */
  private static final int MOST_TRAINING = 1000;

  private final String split;
  private final SpeechSet judged;
  private final SpeechSet training;

  private EvaluationSet(String split, SpeechSet judged, SpeechSet training) {
    this.split = split;
    this.judged = judged;
    this.training = training;
  }

  /**
   * Reads a manifest.
   *
   * @param split the name of the part that is judged
   * @param limit at most so many utterances of it
   * @throws InputException if a line is wrong, or there is nothing of that split
   */
  public static EvaluationSet read(Path manifest, String split, int limit) {
    if (limit < 1) {
      throw new InputException("the number of utterances must be 1 or more, found " + limit);
    }
    List<Utterance> judged = new ArrayList<>();
    List<Utterance> training = new ArrayList<>();
    Set<String> splits = new TreeSet<>();
    Manifest.readWhole(
        manifest,
        utterance -> {
          String found = utterance.split();
          if (found != null) {
            splits.add(found);
          }
          if (split.equals(found)) {
            judged.add(utterance);
          } else if (TRAINING.equals(found)) {
            training.add(utterance);
          }
        });
    if (judged.isEmpty()) {
      throw new InputException(
          manifest
              + ": has no utterance of the split '"
              + split
              + "'; "
              + (splits.isEmpty() ? "it names no splits" : "its splits are " + splits));
    }
    Path directory = Objects.requireNonNull(manifest.toAbsolutePath().getParent());
    return new EvaluationSet(
        split, drawn(judged, limit, directory), drawn(training, MOST_TRAINING, directory));
  }

  private static SpeechSet drawn(List<Utterance> utterances, int most, Path directory) {
    List<Utterance> some = new ArrayList<>(utterances);
    some.sort(
        Comparator.comparingLong((Utterance each) -> Draws.mix(Draws.itemKey(each.id())))
            .thenComparing(Utterance::id));
    return SpeechSet.of(some.subList(0, Math.min(most, some.size())), directory, Integer.MAX_VALUE);
  }

  /** The name of the part that is judged. */
  public String split() {
    return split;
  }

  /** How many utterances are judged. */
  public int size() {
    return judged.size();
  }

  List<Item> items() {
    return items(judged);
  }

  /** What baselines and classifiers learn from. */
  SpeechSet training() {
    return training;
  }

  List<Item> trainingItems() {
    return items(training);
  }

  private static List<Item> items(SpeechSet set) {
    return IntStream.range(0, set.size()).mapToObj(i -> new Item(i, set)).toList();
  }
}

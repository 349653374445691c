package org.spiritlm.training;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.spiritlm.corpus.Split;

/**
 * Which utterances of a corpus a part learns from, and which are held out.
 *
 * @param train the splits that are learnt from, beside what has none
 * @param validation the split that is held out
 */
public record SplitChoice(List<String> train, String validation) {
  public SplitChoice {
    train = List.copyOf(train);
  }

  /** Reads {@code train} (splits with commas between them) and {@code validation} (a split). */
  public static SplitChoice of(Settings data) {
    return new SplitChoice(
        List.of(data.text("train", Split.TRAIN).strip().split("\\s*,\\s*", -1)),
        data.text("validation", Split.DEV));
  }

  /** Whether what is of a split is learnt from; null or empty where it is of none. */
  public boolean isLearnt(@Nullable String split) {
    return split == null || split.isEmpty() || train.contains(split);
  }

  /** Whether what is of a split is held out. */
  public boolean isHeldOut(@Nullable String split) {
    return validation.equals(split);
  }
}

package org.spiritlm.training;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;

/**
 * Lets speakers with few recordings be heard more often: each recording of theirs stands several
 * times among those that are drawn from.
 *
 * @param share 0 to draw as many of each speaker as there are, 1 to draw as many of all speakers;
 *     between them a speaker with n recordings is drawn in proportion to n^(1 - share)
 */
public record SpeakerBalance(double share) {
  public SpeakerBalance {
    if (!(share >= 0 && share <= 1)) {
      throw new InputException("the setting 'data.balance' must be 0 to 1, found " + share);
    }
  }

  /** Reads {@code balance}. */
  public static SpeakerBalance of(Settings data) {
    return new SpeakerBalance(data.number("balance", 0));
  }

  /**
   * Recordings in their order, each as often in a row as its speaker's share asks, rounded.
   *
   * @param speaker of a recording, or null; those of no speaker are as one speaker's
   */
  public <T> List<T> of(List<T> recordings, Function<T, @Nullable String> speaker) {
    Map<String, Integer> counts = new HashMap<>();
    recordings.forEach(one -> counts.merge(name(speaker.apply(one)), 1, Integer::sum));
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    List<T> balanced = new ArrayList<>();
    for (T one : recordings) {
      int count = counts.get(name(speaker.apply(one)));
      long times = Math.round(Math.pow((double) most / count, share));
      for (long i = 0; i < times; i++) {
        balanced.add(one);
      }
    }
    return balanced;
  }

  private static String name(@Nullable String speaker) {
    return speaker == null ? "" : speaker;
  }
}

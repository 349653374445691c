package org.spiritlm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.InputException;

final class SpeakerBalanceTest {
  /** A recording of a speaker, or of none. */
  private record Take(int number, String speaker) {}

  private static List<Take> takes(int... counts) {
    List<Take> takes = new ArrayList<>();
    for (int speaker = 0; speaker < counts.length; speaker++) {
      for (int i = 0; i < counts[speaker]; i++) {
        takes.add(new Take(takes.size(), speaker == 0 ? null : "speaker " + speaker));
      }
    }
    return takes;
  }

  private static Map<String, Long> counts(List<Take> takes) {
    return takes.stream()
        .collect(
            Collectors.groupingBy(take -> String.valueOf(take.speaker), Collectors.counting()));
  }

  @Test
  void aShareOfOneHearsAllAlike() {
    Map<String, Long> counts =
        counts(new SpeakerBalance(1).of(takes(12, 3, 4), take -> take.speaker));
    assertThat(counts).isEqualTo(Map.of("null", 12L, "speaker 1", 12L, "speaker 2", 12L));
  }

  @Test
  void halfWayHearsTheRootOfHowManyThereAre() {
    Map<String, Long> counts =
        counts(new SpeakerBalance(0.5).of(takes(900, 100), take -> take.speaker));
    assertThat(counts).isEqualTo(Map.of("null", 900L, "speaker 1", 300L));
  }

  @Property(tries = 200)
  void keepsAllAndTheirOrderAndChangesNothingAtZero(
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 40) Integer> counts,
      @ForAll @DoubleRange(min = 0, max = 1) double share) {
    List<Take> takes = takes(counts.stream().mapToInt(Integer::intValue).toArray());
    List<Take> balanced = new SpeakerBalance(share).of(takes, take -> take.speaker);
    assertThat(new ArrayList<>(new LinkedHashSet<>(balanced))).isEqualTo(takes);
    assertThat(balanced).isSortedAccordingTo((a, b) -> Integer.compare(a.number, b.number));
    assertThat(new SpeakerBalance(0).of(takes, take -> take.speaker)).isEqualTo(takes);
  }

  @Test
  void aShareOutsideIsRefused() {
    assertThatThrownBy(() -> SpeakerBalance.of(Settings.none().with("balance=1.5")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'data.balance' must be 0 to 1, found 1.5");
  }
}

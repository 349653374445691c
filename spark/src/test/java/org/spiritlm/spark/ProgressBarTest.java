package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The bar never goes back, ends full, and is no nuisance where no terminal shows it. */
final class ProgressBarTest {
  private static final int TOTAL = 250;
  private static final Pattern SHOWN = Pattern.compile("\\[(#*)-*\\] +(\\d+) %  (\\d+) of 250");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  private ProgressBar bar(boolean terminal) {
    return new ProgressBar(stream, terminal, () -> now);
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** Tasks that are lost are counted again, and what is told may come in any rhythm. */
  @Property(tries = 50)
  void onATerminalItRisesToTheEnd(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(max = TOTAL) Integer> items,
      @ForAll @IntRange(max = 500) int milliseconds) {
    bytes.reset(); // of the try before
    try (ProgressBar bar = bar(true)) {
      for (int done : items) {
        bar.progress(done, TOTAL, 0);
        now += milliseconds * 1_000_000L;
      }
      bar.progress(TOTAL, TOTAL, 3);
    }
    List<MatchResult> shown = SHOWN.matcher(printed()).results().toList();
    List<Integer> counts = new ArrayList<>();
    for (MatchResult each : shown) {
      counts.add(Integer.parseInt(each.group(3)));
      assertThat(Integer.parseInt(each.group(2)))
          .isEqualTo(100 * counts.get(counts.size() - 1) / TOTAL);
    }
    assertThat(counts).isSorted().endsWith(TOTAL);
    assertThat(printed()).contains("[" + "#".repeat(30) + "] 100 %  250 of 250 items, 3 bad");
    assertThat(printed()).endsWith("\r").doesNotContain("\n");
  }

  @Test
  void elsewhereALineIsPrintedOnceAMinuteAndNothingIsRedrawn() {
    try (ProgressBar bar = bar(false)) {
      for (int second = 0; second < 150; second++) {
        bar.progress(second, TOTAL, 0);
        now += 1_000_000_000L;
      }
    }
    assertThat(printed().lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).matches(SHOWN.pattern() + " items, 0 bad, .* left"));
    assertThat(printed()).doesNotContain("\r");
  }

  @Test
  void aShortRunWithoutATerminalIsQuiet() {
    try (ProgressBar bar = bar(false)) {
      bar.progress(0, TOTAL, 0);
      now += 59_000_000_000L;
      bar.progress(TOTAL, TOTAL, 0);
    }
    assertThat(printed()).isEmpty();
  }
}

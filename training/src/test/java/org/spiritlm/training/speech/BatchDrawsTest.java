package org.spiritlm.training.speech;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.Settings;

final class BatchDrawsTest {
  private static final int SECONDS = 5;

  @TempDir private Path directory;

  private SpeechSet set() {
    Path manifest = ToneCorpus.write(directory, 20);
    return SpeechSet.read(Settings.none().with("manifest=" + manifest)).training();
  }

  /** A piece that chance begins somewhere; every fifth utterance has none. */
  private static SpeechBatch.@Nullable Item piece(
      SpeechSet set, int utterance, SplittableRandom random) {
    int[] targets = {random.nextInt(1000)};
    return utterance % 5 == 0
        ? null
        : new SpeechBatch.Item(utterance, "", set.samples(utterance), 0, targets);
  }

  private static BatchDraws draws(SpeechSet set, boolean isAhead) {
    return new BatchDraws(
        set, 1, SECONDS, isAhead, (utterance, random) -> piece(set, utterance, random));
  }

  private static List<String> shown(SpeechBatch batch) {
    return batch.items().stream().map(item -> item.utterance() + " " + item.targets()[0]).toList();
  }

  @Test
  void aheadIsAsOneAfterAnother() {
    SpeechSet set = set();
    List<List<String>> expected = new ArrayList<>();
    List<Long> seeds = new ArrayList<>();
    try (BatchDraws one = draws(set, false);
        BatchDraws ahead = draws(set, true)) {
      for (int i = 0; i < 9; i++) {
        expected.add(shown(one.draw()));
        seeds.add(one.seed(1));
        assertThat(shown(ahead.draw())).isEqualTo(expected.get(i)).isNotEmpty();
        assertThat(ahead.seed(1)).isEqualTo(one.seed(1));
        assertThat(ahead.state()).isEqualTo(one.state());
      }
    }
    assertThat(expected).doesNotHaveDuplicates();
    assertThat(seeds).doesNotHaveDuplicates();
  }

  @Test
  void resumedIsAsUninterrupted() {
    SpeechSet set = set();
    for (boolean isAhead : new boolean[] {false, true}) {
      try (BatchDraws through = draws(set, isAhead);
          BatchDraws resumed = draws(set, isAhead)) {
        through.draw();
        ObjectNode place = through.state();
        List<String> next = shown(through.draw());
        resumed.draw();
        resumed.draw();
        resumed.draw();
        resumed.restore(place);
        assertThat(shown(resumed.draw())).isEqualTo(next);
      }
    }
  }

  @Test
  void batchesAreFullAndErrorsAreTold() {
    SpeechSet set = set();
    try (BatchDraws draws = draws(set, true)) {
      assertThat(draws.draw().seconds()).isGreaterThanOrEqualTo(SECONDS).isLessThan(2 * SECONDS);
    }
    try (BatchDraws draws = new BatchDraws(set, 1, SECONDS, true, (utterance, random) -> null)) {
      assertThat(draws.draw().isEmpty()).isTrue();
    }
    BatchDraws.Pieces unreadable =
        (utterance, random) -> {
          throw new InputException("utterance 'u3': cannot be read");
        };
    try (BatchDraws draws = new BatchDraws(set, 1, SECONDS, true, unreadable)) {
      for (int i = 0; i < 2; i++) { // and nothing else is given in its place
        assertThatThrownBy(draws::draw)
            .isInstanceOf(InputException.class)
            .hasMessageContaining("cannot be read");
      }
    }
  }
}

package org.spiritlm.shards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sequences are those that {@code tools/shards/check.py} makes from the same shards, a program
 * written from the description alone: {@code check.py SHARDS --sequence 24 --seed 7 --length 256}.
 */
final class SamplerGoldenTest {
  @TempDir Path folder;

  @Test
  void sequencesAreThoseOfAnotherProgram() throws IOException, URISyntaxException {
    Path golden =
        Path.of(
            Objects.requireNonNull(SamplerGoldenTest.class.getResource("/shards/sequences.jsonl"))
                .toURI());
    List<String> sequences = new ArrayList<>();
    try (ShardSet shards = Samples.write(folder.resolve("shards"), 48, 8, 10)) {
      Sampler sampler = new Sampler(shards, SamplerOptions.of(shards, 256, 7));
      for (int i = 0; i < 24; i++) {
        sequences.add(Arrays.toString(sampler.next().ids()).replace(" ", ""));
      }
    }
    assertThat(sequences).isEqualTo(Files.readAllLines(golden));
  }
}

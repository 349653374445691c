package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A small model, and shards of sentences that it can learn.
 *
 * @param model a directory
 * @param shards a directory
 */
record TextShards(Path model, Path shards) {
  /** Makes them by commands, of sentences that begin alike and end with numbers. */
  static TextShards of(Path folder, String beginning) throws IOException {
    TextShards made = new TextShards(folder.resolve("toy"), folder.resolve("shards"));
    succeed("init", "--preset", "toy", "-o", made.model.toString());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      text.append(beginning).append(' ').append(i % 7).append(".\n\n");
    }
    Path file = Files.writeString(folder.resolve("text.txt"), text);
    succeed(
        "shards",
        "-o",
        made.shards.toString(),
        "--model",
        made.model.toString(),
        "--text",
        file.toString());
    return made;
  }

  private static void succeed(String... words) {
    Run run = Run.of(words);
    assertThat(run.code()).as(run.err()).isZero();
  }

  /** The command that learns from them in small steps, whose losses are all measured. */
  List<String> training(Path run, int steps, int checkpointEvery, String... more) {
    List<String> words = new ArrayList<>(List.of("train", "lm", "--out", run.toString()));
    for (String setting :
        List.of(
            "model=" + model,
            "shards=" + shards,
            "length=32",
            "sequences=2",
            "precision=full",
            "log_every=1",
            "checkpoint_every=" + checkpointEvery,
            "steps=" + steps)) {
      words.addAll(List.of("--set", setting));
    }
    words.addAll(Arrays.asList(more));
    return words;
  }
}

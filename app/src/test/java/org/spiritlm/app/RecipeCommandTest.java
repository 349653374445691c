package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** recipe, as a user runs it; the recipe itself is tested where it is. */
final class RecipeCommandTest {
  @TempDir private Path directory;

  @Test
  void stagesAndSettingsAreListed() throws IOException {
    Run list = Run.of("recipe", "tiny", "--list");
    assertThat(list.code()).as(list.err()).isZero();
    assertThat(list.out().lines())
        .contains(
            "corpus: speech made of text",
            "  lm-base.steps=13000",
            "  lm-expressive.mix.pairs=5.0",
            "  vocoder-base.optimiser.rate=0.001",
            "  clusters.features.layer=5");
    Path config = directory.resolve("mine.yaml");
    Files.writeString(config, "variants: base\nlm:\n  steps: 7\nlm-base:\n  length: 64\n");
    Run mine =
        Run.of(
            "recipe",
            "tiny",
            "--list",
            "--json",
            "--config",
            config.toString(),
            "--set",
            "lm.sequences=3");
    assertThat(mine.code()).as(mine.err()).isZero();
    List<String> names = new ArrayList<>();
    JsonNode lm = null;
    for (JsonNode stage : mine.object().get("stages")) {
      names.add(stage.get("stage").asText());
      lm = names.get(names.size() - 1).equals("lm-base") ? stage.get("settings") : lm;
    }
    assertThat(names).contains("vocoder-base").doesNotContain("pitch", "lm-expressive");
    assertThat(lm).isNotNull();
    assertThat(lm.get("steps").asInt()).isEqualTo(7);
    assertThat(lm.get("length").asInt()).isEqualTo(64);
    assertThat(lm.get("sequences").asInt()).isEqualTo(3);
    assertThat(lm.has("model")).isFalse(); // the recipe's own
  }

  @Test
  void mistakesAreNamed() {
    Path out = directory.resolve("out");
    wrong(Run.of("recipe", "huge", "--out", out.toString()), "no recipe 'huge'", "tiny");
    wrong(Run.of("recipe", "tiny"), "--out DIR");
    wrong(
        Run.of("recipe", "tiny", "--out", out.toString(), "--set", "lm.step=3"),
        "unknown key 'step'",
        "steps");
    wrong(
        Run.of("recipe", "tiny", "--out", out.toString(), "--corpus", "nowhere.jsonl"),
        "nowhere.jsonl: no such file");
    assertThat(out).doesNotExist();
  }

  private static void wrong(Run run, String... messages) {
    assertThat(run.err()).contains(messages).doesNotContain("\tat ");
    assertThat(run.code()).isEqualTo(2);
  }
}

package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval} and {@code corpus boundaries}, as a user runs them. */
final class EvalCommandTest {
  @TempDir Path directory;
  private Path manifest = Path.of("");

  @BeforeEach
  void corpus() throws IOException {
    Files.copy(Path.of("..", "examples", "speech.flac"), directory.resolve("speech.flac"));
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      lines.append(line(i, 0.5 + 0.01 * i));
    }
    manifest = Files.writeString(directory.resolve("m.jsonl"), lines);
  }

  private static String line(int number, double end) {
    return String.format(
        Locale.ROOT,
        "{\"id\":\"u%d\",\"audio\":\"speech.flac\",\"start\":%d,\"end\":%d,\"text\":\"abcd\","
            + "\"words\":[{\"w\":\"abcd\",\"start\":%2$d,\"end\":%4$.3f}],\"split\":\"test\"}%n",
        number,
        number,
        number + 1,
        number + end);
  }

  private Run eval(String... more) {
    List<String> words = new ArrayList<>(List.of("eval", "--corpus", manifest.toString()));
    words.addAll(List.of("-o", directory.resolve("quality").toString()));
    words.addAll(Arrays.asList(more));
    return Parity.run("expressive", words.toArray(String[]::new));
  }

  @Test
  void figuresAreATableAndAnObject() throws IOException {
    JsonNode json = eval("--measures", "asr,perplexity", "--json").object();
    assertThat(json.path("items").asInt()).isEqualTo(3);
    assertThat(json.path("variant").asText()).isEqualTo("expressive");
    List<String> names = json.path("figures").findValuesAsText("name");
    assertThat(names).contains("units.used", "asr.wer", "perplexity.text");
    assertThat(directory.resolve("quality/quality.json")).exists();
    assertThat(Files.readAllLines(directory.resolve("quality/items.jsonl"))).hasSize(1 + 3 * 3);

    Run again = eval("--measures", "asr", "--require");
    assertThat(again.out()).contains("| measure | value |", "**not met**");
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("figures do not reach their bars", "asr.wer");
  }

  @Test
  void mistakesAreTheUsers() {
    wrong(eval("--measures", "beauty"), "no measure 'beauty'", "perplexity");
    wrong(eval("--split", "dev"), "no utterance of the split 'dev'", "test");
    wrong(eval("--limit", "0"), "must be 1 or more");
    wrong(eval("some-model"), "two models");
    wrong(eval("--transcripts", directory.resolve("none.jsonl").toString()), "none.jsonl");
    wrong(eval("--measures", "purity", "--phones", "none.ctm"), "none.ctm does not exist");
  }

  private static void wrong(Run run, String... messages) {
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(messages).doesNotContain("\tat ");
  }

  @Test
  void boundariesAreCompared() throws IOException {
    Path other = directory.resolve("other.jsonl");
    Files.writeString(other, line(0, 0.53) + line(1, 0.49));
    JsonNode json =
        Run.of("corpus", "boundaries", manifest.toString(), other.toString(), "--json").object();
    assertThat(json.path("boundaries").asInt()).isEqualTo(4);
    assertThat(json.path("missing").asInt()).isEqualTo(1);
    assertThat(json.path("percentile95_ms").asDouble()).isBetween(29.0, 31.0);
    Run text = Run.of("corpus", "boundaries", manifest.toString(), manifest.toString());
    assertThat(text.out()).contains("6 boundaries in 3 utterances: median 0.0 ms");
  }
}

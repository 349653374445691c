package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** corpus synthesize, as a user runs it. */
final class SynthesizeCommandTest {
  @TempDir Path directory;
  private String text = "";

  @BeforeEach
  void writeText() throws IOException {
    text =
        Files.writeString(directory.resolve("text.txt"), "Good morning.\n\nслово\nIt is late!\n")
            .toString();
  }

  private Run synthesize(String output, String... options) {
    String[] words = new String[4 + options.length];
    words[0] = "corpus";
    words[1] = "synthesize";
    words[2] = text;
    words[3] = "-o" + directory.resolve(output);
    System.arraycopy(options, 0, words, 4, options.length);
    return Run.of(words);
  }

  @Test
  void aTextBecomesRecordingsAndAManifest() throws IOException {
    Run run = synthesize("corpus", "--voices", "2", "--styles", "sad,fast", "--takes", "2");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("4 utterances", "10 words", "2 rejected");
    assertThat(run.err()).contains("rejected.jsonl");
    Path corpus = directory.resolve("corpus");
    assertThat(Files.readAllLines(corpus.resolve("manifest.jsonl")))
        .hasSize(4)
        .allMatch(line -> line.contains("\"style\":\"sad\"") || line.contains("\"fast\""));
    assertThat(corpus.resolve("phones.ctm")).isNotEmptyFile();
  }

  @Test
  void theResultAsJsonIsTheSameForAnyNumberOfWorkers() throws IOException {
    JsonNode one = synthesize("one", "--workers", "1", "--seed", "3", "--json").object();
    JsonNode two = synthesize("two", "--workers", "2", "--seed", "3", "--json").object();
    assertThat(one.get("utterances").asInt()).isEqualTo(2);
    assertThat(one.get("seconds").asDouble()).isEqualTo(two.get("seconds").asDouble());
    assertThat(one.get("seconds_made")).isEqualTo(one.get("seconds"));
    assertThat(directory.resolve("one").resolve("manifest.jsonl"))
        .hasSameTextualContentAs(directory.resolve("two").resolve("manifest.jsonl"));
    assertThat(synthesize("two", "--seed", "3", "--json").object().get("seconds_made").asDouble())
        .isZero();
  }

  @Test
  void mistakesAreTold() {
    mistake(synthesize("corpus", "--styles", "bored"), "unknown style 'bored'; known are neutral");
    mistake(synthesize("corpus", "--voices", "99"), "number of voices is 99, expected 1 to 8");
    mistake(synthesize("corpus", "--workers", "0"), "number of workers is 0");
    mistake(synthesize("corpus", "--takes", "40"), "takes is 40, expected 1 to 32");
    mistake(synthesize("text.txt"), "text.txt is a file");
    mistake(synthesize("."), "holds something else");
    mistake(Run.of("corpus", "synthesize", text), "-o=DIR");
    mistake(Run.of("corpus", "synthesize", "none.txt", "-o", text + "2"), "none.txt: no such file");
    mistake(Run.of("corpus"), "a command is missing");
    assertThat(synthesize("corpus").code()).isZero();
    mistake(synthesize("corpus", "--seed", "1"), "--force");
    assertThat(synthesize("corpus", "--seed", "1", "--force").code()).isZero();
  }

  private static void mistake(Run run, String message) {
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message).doesNotContain("\tat ");
  }
}

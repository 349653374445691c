package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** init, as a user runs it. */
final class InitCommandTest {
  @TempDir Path directory;

  @Test
  void aNewModelIsDescribedAndKnownToBeRandom() {
    Path model = directory.resolve("toy");
    Run init = Run.of("init", "--preset", "toy", "-o", model.toString(), "--json");
    JsonNode written = init.object();
    assertThat(init.err()).contains("random", "writing lm");
    assertThat(written.get("variant").asText()).isEqualTo("expressive");
    assertThat(written.get("bytes").asLong()).isLessThan(3_000_000);
    assertThat(written.at("/provenance/preset").asText()).isEqualTo("toy");
    assertThat(written.at("/provenance/origin").asText()).contains("random");

    Run info = Run.of("info", model.toString(), "--verify");
    assertThat(info.code()).as(info.err()).isZero();
    assertThat(info.out()).contains("licence: Apache-2.0 (random weights", "seed: 0");
    assertThat(Run.of("info", model.toString(), "--json").object()).isEqualTo(written);
  }

  @Test
  void optionsChooseVariantTypeSeedAndTokenizer() {
    Path model = directory.resolve("model");
    JsonNode written =
        Run.of(
                "init",
                "--preset",
                "toy",
                "--variant",
                "base",
                "--dtype",
                "bf16",
                "--seed",
                "12",
                "--tokenizer",
                Path.of(Parity.checkpoints(), "spiritlm_model", "spirit-lm-base-7b").toString(),
                "-o",
                model.toString(),
                "--json")
            .object();
    assertThat(written.get("variant").asText()).isEqualTo("base");
    assertThat(written.at("/parts/0/dtypes/0").asText()).isEqualTo("BF16");
    assertThat(written.at("/provenance/seed").asText()).isEqualTo("12");
    assertThat(written.at("/provenance/tokenizer").asText()).contains("spirit-lm-base-7b");
    // 32512 ids of width 64, once for input and once for output
    assertThat(written.at("/parts/0/parameters").asLong()).isGreaterThan(2 * 32_512 * 64);
  }

  @Test
  void aLanguageModelIsTheBeginningOfAnother() {
    String toy = directory.resolve("toy").toString();
    assertThat(Run.of("init", "--preset", "toy", "-o", toy).code()).isZero();
    String start = directory.resolve("start").toString();
    String lm = Path.of(toy, "lm").toString();
    Run init =
        Run.of(
            "init",
            "--llama",
            lm,
            "--speech",
            toy,
            "--rope-base",
            "5000",
            "--task-tokens",
            "-o",
            start,
            "--json");
    assertThat(init.code()).as(init.err()).isZero();
    assertThat(init.err()).contains("its speech tokens are random");
    assertThat(init.object().at("/provenance/lm").asText()).contains("weights of lm");
    assertThat(Run.of("info", start, "--verify").code()).isZero();
    String other = directory.resolve("other").toString();
    mistake("give it --speech", "--llama", lm, "-o", other);
    mistake("--rope-base goes with --llama", "--preset", "toy", "--rope-base", "5", "-o", other);
    mistake("holds no config.json", "--llama", toy, "--speech", toy, "-o", other);
    mistake("rotary base of 1.0", "--llama", lm, "--speech", toy, "--rope-base", "1", "-o", other);
  }

  @Test
  void aModelIsReplacedOnlyWhenForced() throws IOException {
    String model = directory.resolve("toy").toString();
    assertThat(Run.of("init", "--preset", "toy", "-o", model).code()).isZero();
    Run again = Run.of("init", "--preset", "toy", "-o", model);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("toy exists already", "--force");
    Run forced = Run.of("init", "--preset", "toy", "--seed", "1", "-o", model, "--force");
    assertThat(forced.code()).as(forced.err()).isZero();
    assertThat(forced.out()).contains("seed: 1");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(Path.of(model));
    }
  }

  @Test
  void mistakesAreTheUsers() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    mistake("'huge' is unknown; expected toy, tiny, 1b, 7b", "--preset", "huge", "-o", "x");
    mistake("--preset", "-o", "x");
    mistake("cannot write", "--preset", "toy", "-o", file.resolve("below").toString());
    mistake("is no model", "--preset", "toy", "-o", file.toString(), "--force");
    String target = directory.resolve("new").toString();
    String nothing = directory.resolve("none").toString();
    mistake("none: no such file", "--preset", "toy", "-o", target, "--tokenizer", nothing);
    mistake(
        "file: expected a SentencePiece",
        "--preset",
        "toy",
        "-o",
        target,
        "--tokenizer",
        file.toString());
    assertThat(directory).isDirectoryNotContaining(path -> !path.equals(file));
  }

  private static void mistake(String message, String... args) {
    Run run = Run.of(Stream.concat(Stream.of("init"), Stream.of(args)).toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message).doesNotContain("Exception");
    assertThat(run.out()).isEmpty();
  }
}

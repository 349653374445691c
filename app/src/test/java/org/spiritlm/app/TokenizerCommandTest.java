package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** tokenizer, and a model with what it wrote. */
final class TokenizerCommandTest {
  @TempDir private Path directory;

  @Test
  void aModelReadsTextByWhatWasLearnt() throws IOException {
    Path text = directory.resolve("text.txt");
    Files.writeString(text, "die Katze schläft\n\n".repeat(20) + "die Maus läuft\n\n".repeat(9));
    String tokenizer = directory.resolve("tokenizer").toString();
    Run learnt = Run.of("tokenizer", text.toString(), "-o", tokenizer, "--size", "320", "--json");
    assertThat(learnt.code()).as(learnt.err()).isZero();
    assertThat(learnt.object().get("pieces").asInt()).isBetween(290, 320);

    String model = directory.resolve("model").toString();
    Run init = Run.of("init", "--preset", "toy", "--tokenizer", tokenizer, "-o", model);
    assertThat(init.code()).as(init.err()).isZero();
    Run score =
        Run.of("score", "--model", model, "--prompt", "[Text]die", "--continuation", " Katze");
    assertThat(score.code()).as(score.err()).isZero();

    Run again = Run.of("tokenizer", text.toString(), "-o", tokenizer, "--size", "320");
    assertThat(again.err()).contains("exists already; add --force");
    assertThat(again.code()).isEqualTo(2);
  }

  @Test
  void mistakesAreNamed() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty.txt"), "\n");
    String out = directory.resolve("tokenizer").toString();
    wrong(Run.of("tokenizer", empty.toString(), "-o", out), "the text is empty");
    Path text = Files.writeString(directory.resolve("text.txt"), "some words");
    wrong(Run.of("tokenizer", text.toString(), "-o", out, "--size", "200"), "has no room for text");
    wrong(Run.of("tokenizer", "nothing.txt", "-o", out), "nothing.txt: no such file");
    wrong(Run.of("tokenizer", "words.doc", "-o", out), "expected a text");
    assertThat(directory.resolve("tokenizer")).doesNotExist();
  }

  private static void wrong(Run run, String... messages) {
    assertThat(run.err()).contains(messages).doesNotContain("\tat ");
    assertThat(run.code()).isEqualTo(2);
  }
}

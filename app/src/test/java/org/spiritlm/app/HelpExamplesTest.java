package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the help of commands shows works as it stands, from the root of the repository. */
final class HelpExamplesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
  private static final Pattern FILE = Pattern.compile("[\\w/]+\\.(wav|flac|mp3|json|jsonl)");

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> examplesRun() {
    return Stream.of(
            "generate",
            "transcribe",
            "speak",
            "classify",
            "task",
            "encode",
            "decode",
            "resynthesize",
            "score")
        .flatMap(command -> Run.of(command, "--help").out().lines())
        .filter(line -> line.startsWith("  spiritlm "))
        .filter(HelpExamplesTest::hasItsFiles)
        .map(line -> DynamicTest.dynamicTest(line.strip(), () -> run(line)));
  }

  /** Whether all files that are read come along. */
  private static boolean hasItsFiles(String example) {
    String[] words = words(example);
    for (int i = 0; i < words.length; i++) {
      boolean written = i > 0 && words[i - 1].equals("-o");
      if (!written && FILE.matcher(words[i]).matches() && !Files.exists(ROOT.resolve(words[i]))) {
        return false;
      }
    }
    return true;
  }

  private void run(String example) {
    String[] words = words(example);
    for (int i = 1; i < words.length; i++) {
      if (words[i].startsWith("examples/")) {
        words[i] = ROOT.resolve(words[i]).toString();
      } else if (words[i - 1].equals("-o") && !words[i].equals("-")) {
        words[i] = directory.resolve(example.hashCode() + words[i]).toString();
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        App.run(
            Parity.words("expressive", words),
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.size()).isPositive();
  }

  private static String[] words(String example) {
    List<String> words =
        WORD.matcher(example.strip())
            .results()
            .map(word -> word.group(1) != null ? word.group(1) : word.group(2))
            .skip(1)
            .takeWhile(word -> !word.equals("|") && !word.equals(">"))
            .toList();
    return words.toArray(String[]::new);
  }
}

package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages know only those below them; this table is the picture in ARCHITECTURE.md. */
final class LayeringTest {
  private static final String ROOT = "org.spiritlm";

  /** The packages that each package may use besides itself, those below it and {@code torch}. */
  private static final Map<String, List<String>> BELOW =
      Map.ofEntries(
          Map.entry("torch", List.of()),
          Map.entry("json", List.of()),
          Map.entry("audio", List.of()),
          Map.entry("text", List.of()),
          Map.entry("lm", List.of()),
          Map.entry("units", List.of("audio")),
          Map.entry("vocoder", List.of("audio", "units")),
          Map.entry("prompt", List.of("text", "units")),
          Map.entry("alignment", List.of("audio", "units")),
          Map.entry(
              "checkpoint",
              List.of("audio", "text", "lm", "units", "vocoder", "prompt", "alignment")),
          Map.entry(
              "",
              List.of(
                  "audio", "text", "lm", "units", "vocoder", "prompt", "alignment", "checkpoint")),
          Map.entry(
              "task",
              List.of("", "audio", "text", "lm", "units", "vocoder", "prompt", "checkpoint")),
          Map.entry("corpus", List.of("json", "audio", "text", "units", "alignment")),
          Map.entry("interleaving", List.of("json", "text", "units", "prompt", "corpus")),
          Map.entry("shards", List.of("json", "text", "units", "prompt", "corpus", "interleaving")),
          Map.entry(
              "inspection",
              List.of("json", "audio", "units", "prompt", "alignment", "corpus", "interleaving")),
          Map.entry(
              "training",
              List.of(
                  "",
                  "task",
                  "prompt",
                  "json",
                  "audio",
                  "text",
                  "lm",
                  "units",
                  "vocoder",
                  "checkpoint",
                  "corpus",
                  "interleaving",
                  "shards",
                  "inspection",
                  "alignment")),
          Map.entry(
              "spark", List.of("app", "corpus", "json", "audio", "text", "units", "checkpoint")),
          Map.entry("report", List.of("", "json", "prompt", "units", "alignment")),
          Map.entry(
              "server",
              List.of(
                  "",
                  "report",
                  "task",
                  "json",
                  "audio",
                  "text",
                  "lm",
                  "units",
                  "vocoder",
                  "prompt",
                  "alignment",
                  "checkpoint")),
          Map.entry("langchain4j", List.of("", "task", "audio", "vocoder", "prompt")),
          Map.entry("synthesis", List.of("json", "audio", "alignment", "corpus")),
          Map.entry(
              "recipe",
              List.of(
                  "",
                  "json",
                  "audio",
                  "text",
                  "lm",
                  "units",
                  "prompt",
                  "vocoder",
                  "checkpoint",
                  "corpus",
                  "interleaving",
                  "shards",
                  "alignment",
                  "synthesis",
                  "training")),
          Map.entry(
              "evaluation",
              List.of(
                  "",
                  "json",
                  "audio",
                  "text",
                  "lm",
                  "units",
                  "vocoder",
                  "prompt",
                  "alignment",
                  "checkpoint",
                  "task",
                  "corpus",
                  "interleaving",
                  "inspection",
                  "training")));

  private static final List<String> MODULES =
      List.of("torch", "core", "training", "evaluation", "server", "langchain4j", "spark");

  private static final Pattern IMPORT =
      Pattern.compile("^import (?:static )?([a-z][\\w.]*?)\\.([A-Z]\\w*)", Pattern.MULTILINE);

  @Test
  void noPackageUsesOneAboveIt() throws IOException {
    List<String> wrong = new ArrayList<>();
    int files = 0;
    for (String module : MODULES) {
      for (Path file : sources(module)) {
        files++;
        String from = layer(packageOf(file));
        assertThat(BELOW).as("the layer of %s", file).containsKey(from);
        Matcher matcher = IMPORT.matcher(Files.readString(file));
        while (matcher.find()) {
          String imported = matcher.group(1);
          if (!imported.equals(ROOT) && !imported.startsWith(ROOT + ".")) {
            continue;
          }
          String to = layer(imported);
          if (!to.equals(from) && !to.equals("torch") && !BELOW.get(from).contains(to)) {
            wrong.add(file + " imports " + matcher.group(1) + "." + matcher.group(2));
          }
        }
      }
    }
    assertThat(files).isGreaterThan(20);
    assertThat(wrong).isEmpty();
  }

  @Test
  void onlyTheCommandLineIsInTheAppModuleAndNothingElseUsesIt() throws IOException {
    for (Path file : sources("app")) {
      assertThat(packageOf(file)).startsWith(ROOT + ".app");
    }
    for (String module : MODULES) {
      for (Path file : sources(module)) {
        assertThat(Files.readString(file)).as("%s", file).doesNotContain("picocli");
      }
    }
  }

  private static List<Path> sources(String module) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  private static String packageOf(Path file) throws IOException {
    Matcher matcher =
        Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE).matcher(Files.readString(file));
    assertThat(matcher.find()).as("a package in %s", file).isTrue();
    return matcher.group(1);
  }

  /** The first name below the root package, "" for the facade itself. */
  private static String layer(String name) {
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1).split("\\.", -1)[0];
  }
}

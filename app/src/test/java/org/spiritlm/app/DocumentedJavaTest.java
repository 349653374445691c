package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that the README and comments of any module show compiles as a user would write it. */
final class DocumentedJavaTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?s)<pre>\\{@code\n(.*?)\\}</pre>");
  private static final Pattern IMPORT = Pattern.compile("(?m)^import [^;]+;$");
  private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);$");

  /** What examples take for granted. */
  private static final Map<String, String> GIVEN =
      Map.of(
          "tokenizer", "org.spiritlm.units.SpeechTokenizer",
          "model", "org.spiritlm.SpiritLm",
          "samples", "float[]",
          "path", "java.nio.file.Path",
          "manifest", "java.nio.file.Path",
          "out", "java.nio.file.Path",
          "utterance", "org.spiritlm.corpus.Utterance",
          "weights", "org.spiritlm.torch.Weights");

  @TempDir private Path directory;

  @Test
  void examplesCompile() throws IOException {
    Map<String, String> sources = new TreeMap<>();
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      for (Path file :
          files
              .filter(path -> path.toString().endsWith(".java"))
              .filter(path -> path.toString().contains("src/main/java"))
              .toList()) {
        String text = Files.readString(file);
        Matcher example = EXAMPLE.matcher(text);
        while (example.find()) {
          String code = example.group(1).replaceAll("(?m)^ *\\* ?", "").replace("…", "");
          if (code.contains(";")) { // others show text, JSON or files
            String name = "Example" + sources.size();
            sources.put(name, source(name, text, code));
          }
        }
      }
    }
    assertThat(sources).hasSizeGreaterThan(7);
    sources.put("Readme", ReadmeTest.example("Readme"));
    compile(sources);
  }

  /** Compiles classes by their names; what the compiler says of them is the failure. */
  private void compile(Map<String, String> sources) throws IOException {
    List<Path> written = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = directory.resolve(source.getKey() + ".java");
      written.add(Files.writeString(file, source.getValue()));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    String classes = System.getProperty("java.class.path");
    List<String> options = List.of("-proc:none", "-cp", classes, "-d", directory.toString());
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjectsFromPaths(written);
      boolean compiled = compiler.getTask(messages, files, null, options, null, units).call();
      assertThat(compiled).as(messages.toString()).isTrue();
    }
  }

  /** A class with an example, which sees what its file does but for private things. */
  private static String source(String name, String file, String code) {
    Matcher home = PACKAGE.matcher(file);
    assertThat(home.find()).isTrue();
    String imports =
        IMPORT.matcher(file).results().map(MatchResult::group).collect(Collectors.joining("\n"));
    String given =
        GIVEN.entrySet().stream()
            .filter(each -> code.matches("(?s).*\\b" + each.getKey() + "\\b.*"))
            .filter(each -> !code.matches("(?s).*\\w " + each.getKey() + " =.*"))
            .map(each -> each.getValue() + " " + each.getKey())
            .collect(Collectors.joining(", "));
    return "package examples;\n"
        + imports
        + "\nimport java.nio.file.*;\nimport java.util.*;\nimport org.spiritlm.*;\n"
        + "import org.spiritlm.audio.*;\nimport org.spiritlm.units.*;\n"
        + "import org.spiritlm.torch.*;\n"
        + ("import " + home.group(1) + ".*;\n")
        + ("class " + name + " { void run(" + given + ") throws Exception {\n" + code + "}}\n");
  }
}

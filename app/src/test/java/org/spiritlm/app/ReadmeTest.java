package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says can be done. */
class ReadmeTest {
  private static final Path HOME = Path.of("..");

  private static final String IMPORTS =
      """
      import java.nio.file.Path;
      import java.util.List;
      import org.spiritlm.*;
      import org.spiritlm.audio.AudioWriter;
      """;

  @TempDir private Path directory;

  private static String readme() throws IOException {
    return Files.readString(HOME.resolve("README.md"));
  }

  @Test
  void theJavaCompiles() throws IOException {
    String code = block("java");
    assertThat(code.lines().count()).isLessThanOrEqualTo(7);
    Path source = directory.resolve("Example.java");
    Files.writeString(
        source, IMPORTS + "class Example { void run() throws Exception {\n" + code + "}}\n");
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of("-cp", System.getProperty("java.class.path"), "-d", directory.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertThat(compiled).as(messages.toString()).isTrue();
    }
  }

  @Test
  void everyCommandIsThere() throws IOException {
    Matcher command = Pattern.compile("(?m)^\\| (`[\\w-]+`(?:, `[\\w-]+`)*) \\|").matcher(readme());
    StringBuilder listed = new StringBuilder();
    while (command.find()) {
      listed.append(command.group(1));
    }
    for (String name : App.COMMANDS.keySet()) {
      assertThat(listed.toString()).contains("`" + name + "`");
    }
    Matcher used = Pattern.compile("\\./spiritlm (\\w+)").matcher(readme());
    while (used.find()) {
      assertThat(App.COMMANDS).containsKey(used.group(1));
    }
  }

  @Test
  void theTreeIsTheDirectorys() throws IOException {
    Matcher entry = Pattern.compile("(?m)^(\\w+)/? {3,}\\S").matcher(readme());
    int entries = 0;
    while (entry.find()) {
      assertThat(HOME.resolve(entry.group(1))).exists();
      entries++;
    }
    assertThat(entries).isGreaterThan(5);
  }

  private static String block(String language) throws IOException {
    Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(readme());
    assertThat(block.find()).isTrue();
    return block.group(1);
  }
}

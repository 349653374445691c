package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

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

  private static String readme() throws IOException {
    return Files.readString(HOME.resolve("README.md"));
  }

  /** The class around the Java that it shows, which {@link DocumentedJavaTest} compiles. */
  static String example(String name) throws IOException {
    return IMPORTS
        + ("class " + name + " { void run() throws Exception {\n" + block("java") + "}}\n");
  }

  @Test
  void theJavaIsShort() throws IOException {
    assertThat(block("java").lines().count()).isBetween(1L, 7L);
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

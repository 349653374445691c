package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The environment in which the launcher starts the JVM. */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
  @TempDir private Path home;

  /** A home that is built, with a JVM that prints its environment. */
  @BeforeEach
  void build() throws IOException {
    Files.copy(Path.of("..", "spiritlm"), home.resolve("spiritlm"));
    Path java = Files.createDirectories(home.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nenv\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    Path target = Files.createDirectories(home.resolve("app/target"));
    Files.writeString(target.resolve("classpath"), "none.jar\n");
    Files.writeString(target.resolve("spiritlm.jsa"), "archive");
    Files.writeString(target.resolve("launcher.stamp"), home.toRealPath() + "\n" + java + "\n17\n");
  }

  private Set<String> environment(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("sh", home.resolve("spiritlm").toString()));
    command.addAll(Arrays.asList(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed
        .lines()
        .filter(line -> line.matches("(MALLOC|GLIBC|THP|GOMP|KMP|ONEDNN)_.*"))
        .collect(Collectors.toSet());
  }

  @Test
  void thingsAreMeasuredInTheEnvironmentInWhichTheyAreUsed() throws Exception {
    Set<String> use = environment("generate", "--text", "train");
    assertThat(use).contains("THP_MEM_ALLOC_ENABLE=1").noneMatch(line -> line.startsWith("MALLOC"));
    assertThat(environment("bench", "hubert-10s", "--rounds", "3")).isEqualTo(use);
    assertThat(environment("bench")).isEqualTo(use);

    Set<String> training = environment("train", "lm");
    assertThat(training).anyMatch(line -> line.startsWith("MALLOC_TRIM_THRESHOLD_="));
    assertThat(environment("bench", "--rounds", "3", "train-16m")).isEqualTo(training);
    assertThat(environment("recipe", "tiny")).isEqualTo(training);
  }
}

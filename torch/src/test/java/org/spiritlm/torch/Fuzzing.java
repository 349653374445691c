package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs Jazzer on a fuzz target, a class with a method {@code fuzzerTestOneInput(byte[])}, in a
 * process of its own.
 *
 * <p>Without the property {@code fuzz.seconds} it runs a fixed number of inputs that are the same
 * each time. With it, it runs as long as the property says and begins with what earlier runs found.
 */
public final class Fuzzing {
  private static final int SHORT_RUN = 1000;
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 0);
  private static final Path FOLDER = Path.of(System.getProperty("fuzz.folder", "target/fuzz"));

  /** An input that takes longer than this many seconds is an error. */
  private static final int SLOWEST_INPUT = 120;

  private Fuzzing() {}

  /**
   * Runs a target; fails if it throws, hangs or runs out of memory.
   *
   * @param seeds a folder of files to begin with
   */
  public static void run(Class<?> target, Path seeds) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(FOLDER.resolve(target.getSimpleName()));
    Path log = folder.resolve("log.txt");
    Path findings = Files.createDirectories(folder.resolve("findings"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:+EnableDynamicAgentLoading"));
    if (SECONDS == 0) {
      command.add("-XX:TieredStopAtLevel=1"); // it would end before the code is optimised
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=" + target.getName());
    command.add("--instrumentation_includes=org.spiritlm.**:net.razorvine.**");
    command.add("--custom_hook_includes=org.spiritlm.**:net.razorvine.**");
    command.add("--reproducer_path=" + findings);
    command.add("-artifact_prefix=" + findings + "/");
    command.add("-timeout=" + SLOWEST_INPUT);
    command.add("-rss_limit_mb=4096");
    if (SECONDS == 0) {
      command.addAll(List.of("-seed=1", "-runs=" + SHORT_RUN));
    } else {
      command.add("-max_total_time=" + SECONDS);
      command.add(Files.createDirectories(folder.resolve("corpus")).toString());
    }
    command.add(SECONDS == 0 ? copy(seeds, folder.resolve("seeds")).toString() : seeds.toString());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      int code = process.waitFor();
      List<String> lines = Files.readAllLines(log);
      assertThat(code)
          .as("%s; the input is in %s%n%s", log, findings, String.join("\n", reason(lines)))
          .isZero();
      assertThat(lines.get(lines.size() - 1)).matches("Done \\d+ runs in .*");
    } finally {
      process.destroyForcibly();
    }
  }

  /** The exception that ended the run, or the log's end where there is none. */
  private static List<String> reason(List<String> lines) {
    int start = Math.max(0, lines.size() - 30);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("== ")) {
        start = i;
        break;
      }
    }
    return lines.subList(start, Math.min(lines.size(), start + 30));
  }

  /** Jazzer writes what it finds worth keeping into the first folder that it is given. */
  private static Path copy(Path from, Path to) throws IOException {
    if (Files.isDirectory(to)) {
      try (var old = Files.list(to)) {
        for (Path file : old.toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(to);
    try (var seeds = Files.list(from)) {
      for (Path seed : seeds.toList()) {
        Files.copy(seed, to.resolve(seed.getFileName()));
      }
    }
    return to;
  }
}

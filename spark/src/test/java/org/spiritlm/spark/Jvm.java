package org.spiritlm.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Other JVMs with the class path of the tests. */
final class Jvm {
  static final String CLASS_PATH = System.getProperty("java.class.path");

  private Jvm() {}

  /**
   * Starts one; whoever starts it ends it.
   *
   * @param log takes what it prints; null leaves that to be read from the process
   * @param words system properties, the main class and its arguments
   */
  static Process start(Map<String, String> environment, @Nullable Path log, List<String> words) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx600m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "@jvm.options",
            "-cp",
            CLASS_PATH));
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    if (log != null) {
      builder.redirectOutput(log.toFile());
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends one and all that it started, at once. */
  static void kill(Process process) {
    List<ProcessHandle> started = process.descendants().toList();
    process.destroyForcibly();
    started.forEach(ProcessHandle::destroyForcibly);
  }
}

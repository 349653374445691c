package org.spiritlm.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Spark's own cluster manager and its workers, each a process of this machine. */
final class LocalCluster implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("Starting Spark master at (spark://\\S+)");

  private final List<Process> processes = new ArrayList<>();
  private final String url;

  /** Starts one whose workers have a core each. */
  LocalCluster(Path directory, int workers) throws IOException {
    Path home = Files.createDirectories(directory.resolve("spark"));
    Files.createDirectories(home.resolve("jars")); // executors have the class path of the tests
    try {
      Process master =
          start(
              Map.of(),
              null,
              "-Dspiritlm.log=info",
              "org.apache.spark.deploy.master.Master",
              "--host",
              "localhost",
              "--port",
              "0",
              "--webui-port",
              "0");
      this.url = awaitUrl(master);
      Map<String, String> environment =
          Map.of(
              "SPARK_HOME",
              home.toString(),
              "SPARK_SCALA_VERSION",
              "2.13",
              "JAVA_HOME",
              System.getProperty("java.home"));
      for (int i = 0; i < workers; i++) {
        Path work = Files.createDirectories(directory.resolve("worker-" + i));
        start(
            environment,
            work.resolve("log"),
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "localhost",
            "--webui-port",
            "0",
            "--cores",
            "1",
            "--memory",
            "700M",
            "--work-dir",
            work.toString(),
            url);
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private Process start(Map<String, String> environment, @Nullable Path log, String... words) {
    Process process = Jvm.start(environment, log, List.of(words));
    processes.add(process);
    return process;
  }

  private static String awaitUrl(Process master) throws IOException {
    StringBuilder said = new StringBuilder();
    BufferedReader reader = master.inputReader(StandardCharsets.UTF_8);
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      said.append(line).append('\n');
      Matcher matcher = URL.matcher(line);
      if (matcher.find()) {
        Thread rest = new Thread(() -> drain(reader), "master's log");
        rest.setDaemon(true);
        rest.start();
        return matcher.group(1);
      }
    }
    throw new IOException("the master ended:\n" + said);
  }

  /** Reads on, so that the process never waits for its output to be taken. */
  private static void drain(BufferedReader reader) {
    try {
      reader.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // it was killed
    }
  }

  /** What {@code --master} takes. */
  String url() {
    return url;
  }

  /** Kills a worker, counted from 0, with its executors. */
  void killWorker(int worker) {
    Jvm.kill(processes.get(worker + 1));
  }

  @Override
  public void close() {
    processes.forEach(Jvm::kill);
  }
}

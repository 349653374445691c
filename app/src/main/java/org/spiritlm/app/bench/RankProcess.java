package org.spiritlm.app.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.LostRankException;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.torch.Rendezvous;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.LocalRanks;

/**
 * One of the processes whose training together is measured: process 0 does a step for each line
 * that it reads, and says so by a line; the others do steps for as long as it is there.
 */
final class RankProcess {
  private static final Duration MEETING = Duration.ofMinutes(5);
  private static final String DONE = "done";

  private RankProcess() {}

  public static void main(String[] arguments) throws IOException {
    Torch.threads(Integer.parseInt(arguments[0]));
    Rendezvous place = Objects.requireNonNull(Rendezvous.of(System.getenv()));
    ProcessGroup ranks = ProcessGroup.join(place, Device.CPU, MEETING);
    Benchmark.Task task = TrainingBenchmarks.language(Device.CPU, Torch.Precision.BFLOAT16, ranks);
    BufferedReader requests =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      if (ranks.rank() == 0) {
        System.out.println(DONE);
      }
      for (int round = 0; ranks.rank() > 0 || requests.readLine() != null; round++) {
        Benchmark.measure(task, round);
        if (ranks.rank() == 0) {
          System.out.println(DONE);
        }
      }
    } catch (LostRankException e) {
      // nothing more is measured
    }
    System.exit(0);
  }

  /** Starts so many, each of which has its share of the cores at most, and has them do steps. */
  static Benchmark.Task start(int count) {
    int cores = Runtime.getRuntime().availableProcessors();
    int threads = Math.max(1, Math.min(Torch.threads(), cores / count));
    List<String> command = LocalRanks.java(RankProcess.class, List.of(Integer.toString(threads)));
    List<Process> processes = new ArrayList<>();
    try {
      for (Rendezvous place : LocalRanks.places(count)) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
        builder.environment().putAll(place.environment());
        processes.add(builder.start());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    BufferedReader answers = processes.get(0).inputReader(StandardCharsets.UTF_8);
    BufferedWriter requests = processes.get(0).outputWriter(StandardCharsets.UTF_8);
    awaitDone(answers);
    return (round, clock) -> {
      try {
        requests.write(round + "\n");
        requests.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      awaitDone(answers);
      return (double) count * TrainingBenchmarks.TOKENS;
    };
  }

  private static void awaitDone(BufferedReader answers) {
    try {
      String line = answers.readLine();
      while (line != null && !line.equals(DONE)) { // Gloo says something, too
        line = answers.readLine();
      }
      if (line == null) {
        throw new InputException("the processes that were to train have ended; see above");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

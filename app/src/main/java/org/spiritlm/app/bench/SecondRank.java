package org.spiritlm.app.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.LostRankException;
import org.spiritlm.torch.ProcessGroup;
import org.spiritlm.torch.Rendezvous;
import org.spiritlm.torch.Torch;
import org.spiritlm.training.LocalRanks;

/** The process that trains beside the one that measures, for as long as that one is there. */
final class SecondRank {
  private static final String ADDRESS = "127.0.0.1";
  private static final Duration MEETING = Duration.ofMinutes(1);

  private SecondRank() {}

  public static void main(String[] arguments) {
    Torch.threads(Integer.parseInt(arguments[0]));
    Benchmark.Task task = join(Objects.requireNonNull(Rendezvous.of(System.getenv())));
    try {
      for (int round = 0; ; round++) {
        Benchmark.measure(task, round);
      }
    } catch (LostRankException e) {
      System.exit(0);
    }
  }

  private static Benchmark.Task join(Rendezvous place) {
    return TrainingBenchmarks.language(
        Device.CPU, Torch.Precision.BFLOAT16, ProcessGroup.join(place, Device.CPU, MEETING));
  }

  /** Starts it, and trains with it; each has half of the cores at most. */
  static Benchmark.Task start() {
    int before = Torch.threads();
    int threads = Math.max(1, Math.min(before, Runtime.getRuntime().availableProcessors() / 2));
    try {
      int port;
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = socket.getLocalPort();
      }
      ProcessBuilder other =
          new ProcessBuilder(LocalRanks.java(SecondRank.class, List.of(Integer.toString(threads))))
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.INHERIT);
      other.environment().putAll(new Rendezvous(1, 2, 1, 2, ADDRESS, port).environment());
      other.start();
      Benchmark.Task task = join(new Rendezvous(0, 2, 0, 2, ADDRESS, port));
      return (round, clock) -> {
        Torch.threads(threads);
        double work = task.run(round, clock);
        Torch.threads(before);
        return work;
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

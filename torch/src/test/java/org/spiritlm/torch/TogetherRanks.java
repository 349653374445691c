package org.spiritlm.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Process groups whose processes are threads of a test. */
public final class TogetherRanks {
  private TogetherRanks() {}

  /** What one of them does. */
  @FunctionalInterface
  public interface Work<T> {
    T of(ProcessGroup group) throws Exception;
  }

  /** A port that nobody listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The place of a rank on this machine. */
  public static Rendezvous place(int rank, int size, int port) {
    return new Rendezvous(rank, size, rank, size, "127.0.0.1", port);
  }

  /** Does the same in so many ranks at once; what each gives. */
  public static <T> List<T> run(int size, Work<T> work) {
    int port = freePort();
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        Rendezvous place = place(rank, size, port);
        Callable<T> task =
            () -> {
              try (ProcessGroup group =
                  ProcessGroup.join(place, Device.CPU, Duration.ofSeconds(30))) {
                return work.of(group);
              }
            };
        futures.add(threads.submit(task));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      threads.shutdownNow();
    }
  }
}

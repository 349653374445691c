package org.spiritlm.training;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Rendezvous;

/**
 * Processes on this machine that compute together: starts them with the environment that torchrun
 * would give them, passes on what process 0 prints, asks all to stop when this process is asked to,
 * and ends all when one fails.
 */
public final class LocalRanks {
  private static final String ADDRESS = "127.0.0.1";

  /** Names the process that started this one as a rank, which is to end when that one does. */
  private static final String STARTER = "spiritlm.starter";

  /** Exit code of a process that has said what to change. */
  private static final int MISTAKE = 2;

  /** What Gloo prints where results belong. */
  private static final String GLOO = "[Gloo] ";

  /** How long the others have to end by themselves after one has failed. */
  private static final long GRACE_SECONDS = 15;

  /** How long the end of this process waits for the last checkpoint. */
  private static final long PATIENCE_SECONDS = 330;

  /** Last lines of a process that are shown when it fails. */
  private static final int SHOWN = 40;

  private final List<String> command;
  private final int count;
  private final Consumer<String> out;
  private final Consumer<String> err;
  private final List<Rank> ranks = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Rank> ended = new LinkedBlockingQueue<>();
  private final CountDownLatch allEnded = new CountDownLatch(1);
  private volatile boolean stopping;

  /** One of the processes. */
  private final class Rank {
    final int number;
    final Process process;
    final Deque<String> lines = new ArrayDeque<>();
    private final List<Thread> readers = new ArrayList<>();

    Rank(int number, Process process) {
      this.number = number;
      this.process = process;
      read("out", process.getInputStream(), this::printed);
      read("err", process.getErrorStream(), this::said);
      daemon("end", this::awaitEnd);
    }

    private void awaitEnd() {
      try {
        process.waitFor();
        ended.add(this);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private Thread daemon(String name, Runnable work) {
      Thread thread = new Thread(work, "spiritlm-rank-" + number + "-" + name);
      thread.setDaemon(true);
      thread.start();
      return thread;
    }

    private void read(String name, InputStream stream, Consumer<String> into) {
      readers.add(daemon(name, () -> lines(stream, into)));
    }

    private void printed(String line) {
      if (number == 0 && !line.startsWith(GLOO)) {
        out.accept(line);
      }
    }

    private void said(String line) {
      synchronized (lines) {
        lines.add(line);
        if (lines.size() > SHOWN) {
          lines.remove();
        }
      }
      if (number == 0) {
        err.accept(line);
      }
    }

    void awaitLines() throws InterruptedException {
      for (Thread reader : readers) {
        reader.join();
      }
    }
  }

  /**
   * Processes that are not started yet.
   *
   * @param command of each, see {@link #java}
   * @param out takes the lines that process 0 prints as results
   * @param err takes those that it says, and what the others said when one fails
   */
  public LocalRanks(List<String> command, int count, Consumer<String> out, Consumer<String> err) {
    this.command = List.copyOf(command);
    this.count = count;
    this.out = out;
    this.err = err;
  }

  /** The command that runs a class in a JVM like this one. */
  public static List<String> java(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-D" + STARTER + "=" + ProcessHandle.current().pid());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return command;
  }

  /** Does something when the process that started this one as a rank ends, however it does. */
  static void whenStarterEnds(Runnable action) {
    Long starter = Long.getLong(STARTER);
    if (starter != null) {
      Thread thread =
          new Thread(
              () -> {
                ProcessHandle.of(starter).ifPresent(running -> running.onExit().join());
                action.run();
              },
              "spiritlm-starter");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /**
   * Starts them and waits until all have ended.
   *
   * @throws InputException if one failed; all have ended then
   */
  public void run() {
    Thread hook = new Thread(this::stop, "spiritlm-stop-ranks");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      start();
      Rank failed = await();
      if (failed != null && !stopping) {
        tell(failed);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      ranks.forEach(rank -> rank.process.destroyForcibly());
      allEnded.countDown();
      remove(hook);
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // this process is ending
    }
  }

  private void start() {
    try {
      for (Rendezvous place : places(count)) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(place.environment());
        Process process = builder.start();
        process.getOutputStream().close();
        ranks.add(new Rank(place.rank(), process));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The places of so many processes on this machine, who meet at a port that is free now. */
  public static List<Rendezvous> places(int count) {
    int port = freePort();
    List<Rendezvous> places = new ArrayList<>();
    for (int rank = 0; rank < count; rank++) {
      places.add(new Rendezvous(rank, count, rank, count, ADDRESS, port));
    }
    return places;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first that failed, or null; all have ended, and all that they printed was read. */
  private @Nullable Rank await() throws InterruptedException {
    Rank failed = null;
    for (int left = count; left > 0; left--) {
      Rank next = failed == null ? ended.take() : ended.poll(GRACE_SECONDS, TimeUnit.SECONDS);
      if (next == null) {
        ranks.forEach(rank -> rank.process.destroyForcibly());
        next = ended.take();
      }
      if (failed == null && next.process.exitValue() != 0) {
        failed = next;
      }
    }
    for (Rank rank : ranks) {
      rank.awaitLines();
    }
    return failed;
  }

  /** Shows what the others said and process 0 did not, and which failed first. */
  private void tell(Rank failed) {
    Set<String> shown = new HashSet<>(ranks.get(0).lines);
    for (Rank rank : ranks) {
      for (String line : rank.lines) {
        if (shown.add(line)) {
          err.accept("[rank " + rank.number + "] " + line);
        }
      }
    }
    throw new InputException(
        "rank " + failed.number + " of " + count + end(failed.process.exitValue()));
  }

  private static String end(int code) {
    if (code == MISTAKE) {
      return " cannot go on, for the reason above";
    }
    return (code > 128 ? " was killed by signal " + (code - 128) : " ended with code " + code)
        + ", and the others with it; the same command goes on from the last checkpoint";
  }

  /** Asks all to stop, and waits for their checkpoint. */
  private void stop() {
    stopping = true;
    ranks.forEach(rank -> rank.process.toHandle().destroy()); // its streams stay open
    try {
      if (!allEnded.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        ranks.forEach(rank -> rank.process.destroyForcibly());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void lines(InputStream stream, Consumer<String> into) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        into.accept(line);
      }
    } catch (IOException e) {
      // the process has ended
    }
  }
}

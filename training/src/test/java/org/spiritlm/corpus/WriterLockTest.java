package org.spiritlm.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.torch.InputException;

/** One writer at a time, in this process and in others, and none after it was killed. */
final class WriterLockTest {
  private static final String HELD = "held";

  @TempDir Path directory;

  /** Another process: takes the lock of a file, says so, and waits. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws IOException {
      try (WriterLock lock = WriterLock.of(Path.of(args[0]))) {
        System.out.println(lock.isValid() ? HELD : "lost");
        while (System.in.read() >= 0) {
          // until nobody waits any more
        }
      }
    }
  }

  @Test
  void ofTwoProcessesOneWritesUntilItEndsOrIsKilled() throws Exception {
    Path output = directory.resolve("out");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    for (boolean killed : new boolean[] {false, true}) {
      Process other =
          new ProcessBuilder(
                  java.toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Holder.class.getName(),
                  output.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertThat(other.inputReader().readLine()).isEqualTo(HELD);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> WriterLock.of(output))
            .isInstanceOf(InputException.class)
            .hasMessageContaining("out: another process is writing it");
      }
      if (killed) {
        other.destroyForcibly();
      } else {
        other.getOutputStream().close();
      }
      other.waitFor();
      WriterLock.of(output).close();
      assertThat(directory).isEmptyDirectory();
    }
  }

  @Test
  void ofManyThreadsOneWrites() throws Exception {
    Path output = directory.resolve("further").resolve("out");
    AtomicInteger writing = new AtomicInteger();
    AtomicInteger written = new AtomicInteger();
    Callable<Boolean> work =
        () -> {
          for (int i = 0; i < 200; i++) {
            try (WriterLock lock = WriterLock.of(output)) {
              assertThat(lock.isValid()).isTrue();
              assertThat(writing.incrementAndGet()).isOne();
              written.incrementAndGet();
              writing.decrementAndGet();
            } catch (InputException e) {
              Thread.onSpinWait();
            }
          }
          return true;
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<Boolean> each : threads.invokeAll(new ArrayList<>(List.of(work, work, work)))) {
        assertThat(each.get()).isTrue();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(written.get()).isPositive();
    try (var left = Files.list(output.getParent())) {
      assertThat(left).isEmpty();
    }
  }
}

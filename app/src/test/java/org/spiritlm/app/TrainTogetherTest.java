package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;
import org.spiritlm.training.LocalRanks;

/** train --nproc, with real processes: they learn together, stop together, and end together. */
final class TrainTogetherTest {
  @TempDir private static Path shared;

  private static TextShards data = new TextShards(Path.of(""), Path.of(""));

  @TempDir private Path directory;

  @BeforeAll
  static void write() throws IOException {
    data = TextShards.of(shared, "The dog lay on rug number");
  }

  private static List<String> words(Path run, int steps, String... more) {
    return data.training(run, steps, 1, more);
  }

  private static List<Double> losses(Path run) {
    return Json.lines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.number("loss"))
        .toList();
  }

  private static Run train(Path run, int steps, String... more) {
    return Run.of(words(run, steps, more).toArray(String[]::new));
  }

  @Test
  void aKilledProcessEndsTheOthersAndTheRunGoesOnWithAnotherNumber() {
    Path alone = directory.resolve("alone");
    assertThat(train(alone, 12, "--set", "accumulate=2", "--threads", "1").code()).isZero();

    Path together = directory.resolve("together");
    Killing err = new Killing();
    int code =
        App.run(
            words(together, 12, "--nproc", "2").toArray(String[]::new),
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    String said = err.toString(StandardCharsets.UTF_8);
    assertThat(code).as(said).isEqualTo(2);
    assertThat(said)
        .contains("rank 1 of 2 was killed by signal 9", "the same command goes on")
        .doesNotContain("\tat ");
    assertThat(together.resolve("lm")).doesNotExist();
    assertThat(err.allEnded()).as("the others end within " + Killing.BOUND_SECONDS + " s").isTrue();

    // two steps or some more were done; the rest is done alone
    Run rest = train(together, 12, "--set", "accumulate=2", "--threads", "1");
    assertThat(rest.code()).as(rest.err()).isZero();
    assertThat(rest.err()).contains("going on from step ");
    List<Double> expected = losses(alone);
    List<Double> found = losses(together);
    assertThat(found).hasSize(12);
    for (int i = 0; i < 12; i++) {
      assertThat(found.get(i)).isEqualTo(expected.get(i), within(1e-5 * expected.get(i)));
    }
  }

  /** Takes what a command says, and kills the younger of its processes after the second step. */
  private static final class Killing extends ByteArrayOutputStream {
    /** How long the others may take to end, which {@code docs/training.md} promises. */
    static final long BOUND_SECONDS = 60;

    private boolean done;
    private CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Whether all processes ended in time after the kill. */
    boolean allEnded() {
      return ended.handle((nothing, late) -> late == null).join();
    }

    @Override
    public synchronized void write(byte[] bytes, int from, int length) {
      super.write(bytes, from, length);
      if (!done && toString(StandardCharsets.UTF_8).contains("step 2 of 12")) {
        done = true;
        ended =
            CompletableFuture.allOf(
                    ProcessHandle.current()
                        .children()
                        .map(ProcessHandle::onExit)
                        .toArray(CompletableFuture[]::new))
                .orTimeout(BOUND_SECONDS, TimeUnit.SECONDS);
        ProcessHandle.current()
            .children()
            .max(Comparator.comparing(ProcessHandle::pid))
            .orElseThrow()
            .destroyForcibly();
      }
    }
  }

  @Test
  void asksForACheckpointWhenAskedToEnd() throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    Process process =
        new ProcessBuilder(
                LocalRanks.java(App.class, words(run, 1_000_000, "--nproc", "2", "--json")))
            .start();
    String said = "";
    try (BufferedReader err =
            new BufferedReader(
                new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        BufferedReader out =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        said += line + "\n";
        if (line.startsWith("step 2 of")) {
          process.toHandle().destroy(); // SIGTERM
        }
      }
      JsonNode result = Json.parse(out.readLine(), "what was printed");
      assertThat(result.get("finished").asBoolean()).as(said).isFalse();
      int step = result.get("steps").asInt();
      assertThat(out.readLine()).isNull(); // and nothing of Gloo's
      assertThat(run.resolve(String.format("checkpoints/%09d/state.json", step))).exists();
      assertThat(losses(run)).hasSize(step);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).isEqualTo(143);
  }

  @Test
  void mistakesAreNamed() throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    Run none = train(run, 2, "--nproc", "0");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("--nproc must be 1 or more, found 0");

    Run unknown = train(run, 2, "--nproc", "2", "--set", "stepz=3");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).containsOnlyOnce("unknown key 'stepz'").contains("reason above");

    ProcessBuilder builder =
        new ProcessBuilder(LocalRanks.java(App.class, words(run, 2))).redirectErrorStream(true);
    builder.environment().put("RANK", "0");
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(said).contains("no WORLD_SIZE, MASTER_ADDR, MASTER_PORT");
    assertThat(run).doesNotExist();
  }
}

package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.json.Json;
import org.spiritlm.torch.InputException;
import org.spiritlm.training.LocalRanks;

/** A run whose processes are killed, or find no room on the disk, ends as one that was let be. */
final class KilledTrainingTest {
  private static final int STEPS = 80; // more than ten kills come to
  private static final int KILLS = 10;

  /** Exit code of a process that SIGKILL has ended. */
  private static final int KILLED = 137;

  @TempDir private static Path shared;

  private static TextShards data = new TextShards(Path.of(""), Path.of(""));
  private static Path uninterrupted = Path.of("");

  @TempDir private Path directory;

  @BeforeAll
  static void train() throws IOException {
    data = TextShards.of(shared, "The bird sat on branch number");
    uninterrupted = shared.resolve("run");
    Run trained = Run.of(words(uninterrupted, STEPS).toArray(String[]::new));
    assertThat(trained.code()).as(trained.err()).isZero();
  }

  private static List<String> words(Path run, int checkpointEvery) {
    return data.training(run, STEPS, checkpointEvery, "--threads", "1");
  }

  /** The command in a process of its own; what it says is kept in a file. */
  private static ProcessBuilder command(List<String> words, Path said) {
    List<String> java = LocalRanks.java(App.class, words);
    // what takes the time is the start of the JVM; and no file but the run's is written
    java.addAll(1, List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    return new ProcessBuilder(java)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()));
  }

  /** The steps of all whole lines of a run's metrics. */
  private static long measured(Path run) throws IOException {
    Path file = run.resolve("metrics.jsonl");
    return Files.exists(file)
        ? Files.readString(file).chars().filter(character -> character == '\n').count()
        : 0;
  }

  /** The newest checkpoint, or 0. */
  private static long newest(Path run) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    if (!Files.exists(checkpoints)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.endsWith(".part"))
          .mapToLong(Long::parseLong)
          .max()
          .orElse(0);
    }
  }

  @Test
  void killedAtAnyMomentAgainAndAgainEqualsUninterrupted()
      throws IOException, InterruptedException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    Path run = directory.resolve("run");
    Path said = directory.resolve("said.txt");
    List<String> words = words(run, 1);
    long kept = 0;
    for (int i = 0; i < KILLS; i++) {
      Process process = command(words, said).start();
      long until = kept + random.nextInt(4); // steps; a lost one counts until it is forgotten
      int later = random.nextInt(40); // milliseconds: of a step, its checkpoint or its curves
      while (process.isAlive() && measured(run) <= until) {
        Thread.sleep(1);
      }
      Thread.sleep(later);
      process.destroyForcibly();
      String when = "seed " + seed + ", kill " + i + ": ";
      assertThat(process.waitFor()).as(when + Files.readString(said)).isEqualTo(KILLED);
      long now = newest(run);
      assertThat(now).as(when + "a checkpoint stays").isGreaterThanOrEqualTo(kept);
      assertThat(measured(run)).as(when + "one step is lost at most").isBetween(now, now + 1);
      kept = now;
    }
    assertThat(kept).as("seed " + seed).isBetween(1L, STEPS - 1L);
    Process last = command(words, said).start();
    assertThat(last.waitFor()).as("seed " + seed + ": " + Files.readString(said)).isZero();
    assertThat(said).content().contains("going on from step " + kept + "\n");
    assertEqual("seed " + seed, run);
  }

  @Test
  void aFullDiskIsNamedAndTheRunGoesOnFromItsLastCheckpoint()
      throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    List<String> words = words(run, 20);
    assertThat(brokenOff(words)).isEqualTo(App.MISTAKE);
    assertThat(newest(run)).isEqualTo(20);

    // no file may be larger than some KiB: first the measures find no room, then a checkpoint
    assertThat(limited(4, words))
        .contains("cannot write " + run.resolve("metrics.jsonl") + ": ")
        .contains("make room, and the same command goes on from the last checkpoint");
    assertThat(newest(run)).isEqualTo(20);
    assertThat(limited(64, words))
        .contains("cannot write " + run.resolve("checkpoints/000000040.part/"))
        .contains("make room, and the same command goes on from the last checkpoint");
    assertThat(run.resolve("checkpoints/000000040.part")).doesNotExist();
    assertThat(newest(run)).isEqualTo(20);

    Run rest = Run.of(words.toArray(String[]::new));
    assertThat(rest.code()).as(rest.err()).isZero();
    assertThat(rest.err()).contains("going on from step 20\n");
    assertEqual("after a full disk", run);
  }

  /** Runs a command here until it has done 25 steps. */
  private static int brokenOff(List<String> words) {
    OutputStream breaking =
        new OutputStream() {
          private final StringBuilder said = new StringBuilder();
          private boolean done;

          @Override
          public void write(int character) {
            said.append((char) character);
            if (!done && said.indexOf("step 25 of") >= 0) {
              done = true;
              throw new InputException("broken off");
            }
          }
        };
    return App.run(
        words.toArray(String[]::new),
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
        new PrintStream(breaking, true, StandardCharsets.UTF_8));
  }

  /** What a command says that may write no file larger than so many KiB, and cannot go on. */
  private String limited(int kibibytes, List<String> words)
      throws IOException, InterruptedException {
    Path said = directory.resolve("said-" + kibibytes + ".txt");
    ProcessBuilder builder = command(words, said);
    List<String> limited =
        new ArrayList<>(List.of("bash", "-c", "ulimit -f " + kibibytes + "; exec \"$0\" \"$@\""));
    limited.addAll(builder.command());
    Process process = builder.command(limited).start();
    assertThat(process.waitFor()).as(Files.readString(said)).isEqualTo(App.MISTAKE);
    assertThat(said).content().contains("going on from step 20\n").doesNotContain("\tat ");
    return Files.readString(said);
  }

  /** The last checkpoint, the model and the measures of a run are those of the uninterrupted. */
  private static void assertEqual(String when, Path run) throws IOException {
    for (String place : List.of("checkpoints/0000000" + STEPS, "lm")) {
      try (Stream<Path> files = Files.list(uninterrupted.resolve(place))) {
        for (Path file : files.toList()) {
          Path same = run.resolve(place).resolve(file.getFileName());
          assertThat(Files.mismatch(file, same)).as(when + ": " + same).isEqualTo(-1);
        }
      }
    }
    assertThat(measures(run)).as(when).isEqualTo(measures(uninterrupted));
  }

  /** What was measured at each step, but for the time that it took. */
  private static SortedMap<Long, ObjectNode> measures(Path run) {
    SortedMap<Long, ObjectNode> measures = new TreeMap<>();
    Json.lines(run.resolve("metrics.jsonl"))
        .forEach(
            line -> {
              ObjectNode object = line.object();
              object.remove("tokens_per_s");
              long step = (long) line.number("step");
              assertThat(measures.put(step, object)).as("twice: step " + step).isNull();
            });
    assertThat(measures).hasSize(STEPS);
    return measures;
  }
}

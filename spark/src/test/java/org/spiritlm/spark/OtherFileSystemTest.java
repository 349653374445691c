package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.AudioLocation;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.Rejection;
import org.spiritlm.corpus.Utterance;
import org.spiritlm.torch.InputException;

/** Manifest, audio and output in a file system that only Hadoop knows. */
final class OtherFileSystemTest {
  private static final int ITEMS = 6;

  @TempDir Path directory;
  private Path root = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void makeCorpus() throws IOException {
    root = Files.createDirectories(directory.resolve("root"));
    System.setProperty(ElsewhereFileSystem.ROOT, root.toString());
    ToyCorpus.write(root.resolve("corpus"), ITEMS);
    model = ToyCorpus.model(directory.resolve("model"), Variant.BASE, 1);
  }

  @AfterEach
  void restore() {
    ElsewhereFileSystem.full = "none is";
    System.clearProperty(ElsewhereFileSystem.ROOT);
  }

  private Run prepare(String manifest, String output, String... more) {
    String[] words = new String[more.length + 2];
    words[0] = "--conf";
    words[1] = "spark.hadoop.fs.elsewhere.impl=" + ElsewhereFileSystem.class.getName();
    System.arraycopy(more, 0, words, 2, more.length);
    return Run.prepare(manifest, output, model, words);
  }

  @Test
  void theResultIsThatOfLocalFiles() {
    Path local = directory.resolve("local");
    Path manifest = root.resolve("corpus").resolve("corpus.jsonl");
    assertThat(Run.prepare(manifest, local, model).code()).isZero();
    ElsewhereFileSystem.READ.clear();
    ObjectNode summary =
        prepare(
                "elsewhere://node:8020/corpus/corpus.jsonl",
                "elsewhere://node:8020/out",
                "--partitions",
                "2")
            .summary();
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
    assertThat(summary.get("units").textValue()).startsWith("elsewhere://node:8020/");
    assertThat(ElsewhereFileSystem.READ).contains("0.wav", "5.wav", "corpus.jsonl");
    assertThat(Tables.contentHash(root.resolve("out"))).isEqualTo(Tables.contentHash(local));
    ObjectNode again =
        prepare("elsewhere://node:8020/corpus/corpus.jsonl", "elsewhere://node:8020/out").summary();
    assertThat(again.get("partitions_from_earlier").intValue()).isEqualTo(2);
  }

  @Test
  void aLocalManifestMayNameAudioElsewhere() {
    Utterance whole =
        Utterance.of("a", AudioLocation.of("elsewhere://node:8020/corpus/1.wav"), null);
    Utterance missing =
        Utterance.of("b", AudioLocation.of("elsewhere://node:8020/corpus/none.wav"), null);
    Path manifest = ToyCorpus.manifest(directory, List.of(whole, missing));
    Path output = directory.resolve("output");
    assertThat(prepare(manifest.toString(), output.toString(), "--max-bad", "0.5").code()).isZero();
    assertThat(Tables.units(output)).hasSize(1);
    assertThat(Tables.quarantine(output))
        .singleElement()
        .satisfies(
            bad ->
                assertThat(bad.reason())
                    .contains("elsewhere://node:8020/corpus/none.wav does not exist"));
  }

  @Test
  void aRecordingIsReadAgainAfterOneThatIsMissing() {
    String node = "elsewhere://node:8020/corpus/";
    Path manifest =
        ToyCorpus.manifest(
            directory,
            List.of(
                stretch("a", node + "1.wav"),
                stretch("b", node + "none.wav"),
                stretch("c", node + "1.wav")));
    Path output = directory.resolve("output");
    assertThat(
            prepare(manifest.toString(), output.toString(), "--max-bad", "0.5", "--partitions", "1")
                .code())
        .isZero();
    assertThat(Tables.units(output)).extracting(PreparedUtterance::id).containsExactly("a", "c");
    assertThat(Tables.quarantine(output)).extracting(Rejection::id).containsExactly("b");
  }

  private static Utterance stretch(String id, String file) {
    return new Utterance(id, AudioLocation.of(file), 0.1, 0.4, null, List.of(), null, null, null);
  }

  @Test
  void aDamagedFileIsMadeAgain() throws IOException {
    String manifest = "elsewhere://node:8020/corpus/corpus.jsonl";
    String output = "elsewhere://node:8020/out";
    assertThat(prepare(manifest, output, "--partitions", "2").code()).isZero();
    Path made = root.resolve("out");
    String content = Tables.contentHash(made);
    Path second = made.resolve("units").resolve("part-00001.parquet");
    byte[] whole = Files.readAllBytes(second);
    byte[] wrongEnd = whole.clone();
    Arrays.fill(wrongEnd, whole.length - 108, whole.length - 8, (byte) 0xFF);
    for (byte[] damaged : List.of(new byte[0], Arrays.copyOf(whole, 500), wrongEnd)) {
      Files.write(second, damaged);
      ObjectNode summary = prepare(manifest, output).summary();
      assertThat(summary.get("partitions_from_earlier").intValue()).isEqualTo(1);
      assertThat(Tables.contentHash(made)).isEqualTo(content);
    }
  }

  @Test
  void aFullDiskIsAnErrorAndLosesNothing() {
    String manifest = "elsewhere://node:8020/corpus/corpus.jsonl";
    ElsewhereFileSystem.full = "units-part-00001";
    Run full = prepare(manifest, "elsewhere://node:8020/out", "--partitions", "3");
    assertThat(full.err()).contains("No space left on device").doesNotContain("\tat ");
    assertThat(full.code()).isEqualTo(2);
    assertThat(root.resolve("out").resolve("summary.json")).doesNotExist();
    ElsewhereFileSystem.full = "none is";
    ObjectNode summary = prepare(manifest, "elsewhere://node:8020/out").summary();
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
    assertThat(Tables.units(root.resolve("out"))).hasSize(ITEMS);
  }

  @Test
  void theLockOfAKilledJobIsTakenOver() throws IOException {
    String manifest = "elsewhere://node:8020/corpus/corpus.jsonl";
    Path claims = Files.createDirectories(root.resolve("out").resolve("_prepare/claims"));
    Path lock = Files.createFile(claims.resolve("another-job"));
    Run second = prepare(manifest, "elsewhere://node:8020/out");
    assertThat(second.code()).isEqualTo(2);
    assertThat(second.err()).contains("another prepare is writing there", "60 s later");
    Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minusSeconds(100)));
    assertThat(prepare(manifest, "elsewhere://node:8020/out").code()).isZero();
    assertThat(claims).isEmptyDirectory();
  }

  @Test
  void ofJobsThatBeginTogetherNoTwoGoOn() throws Exception {
    org.apache.hadoop.conf.Configuration configuration = new org.apache.hadoop.conf.Configuration();
    configuration.set("fs.elsewhere.impl", ElsewhereFileSystem.class.getName());
    Storage storage = new Storage(configuration);
    OutputDirectory output = new OutputDirectory(storage, Storage.path("elsewhere://node:8020/o"));
    output.claim();
    int jobs = 4;
    CyclicBarrier together = new CyclicBarrier(jobs);
    AtomicInteger holders = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Callable<Integer> job =
        () -> {
          int refused = 0;
          for (int round = 0; round < 50; round++) {
            together.await(60, TimeUnit.SECONDS); // not for ever where another job fails
            try (OutputLock lock = OutputLock.take(storage, output)) {
              most.accumulateAndGet(holders.incrementAndGet(), Math::max);
              Thread.sleep(1);
              holders.decrementAndGet();
            } catch (InputException e) {
              refused++;
            }
          }
          return refused;
        };
    ExecutorService threads = Executors.newFixedThreadPool(jobs);
    int refused = 0;
    try {
      for (Future<Integer> each : threads.invokeAll(Collections.nCopies(jobs, job))) {
        refused += each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(most).hasValueLessThanOrEqualTo(1);
    assertThat(refused).isPositive();
    try (OutputLock lock = OutputLock.take(storage, output)) {
      assertThat(root.resolve("o/_prepare/claims")).isDirectoryContaining("glob:**");
    }
    assertThat(root.resolve("o/_prepare/claims")).isEmptyDirectory();
  }
}

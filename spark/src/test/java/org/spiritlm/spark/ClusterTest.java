package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;

/** On a cluster of two workers the result is the same, also where one of them is killed. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ClusterTest {
  private static final int ITEMS = 12;

  @TempDir Path directory;

  @Test
  void aKilledWorkerChangesNothing() throws Exception {
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    Path model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    Path whole = directory.resolve("whole");
    assertThat(Run.prepare(manifest, whole, model).code()).isZero();

    Path output = directory.resolve("output");
    Pipe first = new Pipe(manifest.resolveSibling("1.wav"));
    Pipe second = new Pipe(manifest.resolveSibling("3.wav"));
    try (LocalCluster cluster = new LocalCluster(directory, 2)) {
      CompletableFuture<Run> job =
          CompletableFuture.supplyAsync(
              () ->
                  Run.prepare(
                      manifest,
                      output,
                      model,
                      "--master",
                      cluster.url(),
                      "--partitions",
                      "6",
                      "--conf",
                      "spark.executor.memory=512m",
                      "--conf",
                      "spark.executor.extraClassPath=" + Jvm.CLASS_PATH,
                      "--conf",
                      "spark.driver.host=localhost",
                      "--conf",
                      "spark.driver.bindAddress=127.0.0.1"));
      // A task on each worker reads a pipe and waits; so whichever is killed loses one.
      OutputStream firstTask = first.awaitReader(job);
      OutputStream secondTask = second.awaitReader(job);
      first.restore();
      second.restore();
      cluster.killWorker(0);
      first.feed(firstTask);
      second.feed(secondTask);
      ObjectNode summary = job.get().summary();
      assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
      assertThat(summary.get("rejected").intValue()).isZero();
    }
    assertThat(Tables.files(output.resolve("units"))).hasSize(6);
    assertThat(Tables.content(output)).containsExactlyElementsOf(Tables.content(whole));
  }
}

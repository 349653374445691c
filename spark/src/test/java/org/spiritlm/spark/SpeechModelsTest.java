package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;

/** An executor loads a model once, whatever the number of partitions. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SpeechModelsTest {
  @TempDir Path directory;

  @Test
  void laterPartitionsNeedNoModelOnDisk() throws IOException, InterruptedException {
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), 4);
    Path model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    Path output = directory.resolve("output");
    Pipe pipe = new Pipe(manifest.resolveSibling("0.wav"));
    CompletableFuture<Run> job =
        CompletableFuture.supplyAsync(
            () ->
                Run.prepare(manifest, output, model, "--master", "local[1]", "--partitions", "4"));
    OutputStream firstTask = pipe.awaitReader(job);
    pipe.restore();
    Files.move(model, directory.resolve("elsewhere"));
    pipe.feed(firstTask);
    assertThat(job.join().summary().get("prepared").intValue()).isEqualTo(4);
    assertThat(Tables.files(output.resolve("units"))).hasSize(4);
  }
}

package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;

/** Where Kubernetes starts the executors, the result is that of this machine alone. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KubernetesTest {
  private static final int ITEMS = 6;

  @TempDir static Path directory;

  @Test
  void podsPrepareWhatThisMachineDoes() throws IOException {
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    Path model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    Path local = directory.resolve("local");
    assertThat(Run.prepare(manifest, local, model).code()).isZero();
    Path output = directory.resolve("pods");
    try (PodProcesses pods = new PodProcesses(directory.resolve("logs"))) {
      ObjectNode summary =
          Run.prepare(
                  manifest,
                  output,
                  model,
                  "--master",
                  pods.master(),
                  "--partitions",
                  "3",
                  "--conf",
                  "spark.kubernetes.container.image=spiritlm",
                  "--conf",
                  "spark.executor.instances=2",
                  "--conf",
                  "spark.executor.memory=512m",
                  "--conf",
                  "spark.driver.host=localhost",
                  "--conf",
                  "spark.driver.bindAddress=127.0.0.1")
              .summary();
      assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
      assertThat(summary.get("rejected").intValue()).isZero();
      assertThat(pods.started()).isBetween(1, 2); // a short job may end before the second one runs
      assertThat(pods.images()).containsOnly("spiritlm");
    }
    assertThat(Tables.content(output)).containsExactlyElementsOf(Tables.content(local));
    assertThat(Tables.contentHash(output)).isEqualTo(Tables.contentHash(local));
  }
}

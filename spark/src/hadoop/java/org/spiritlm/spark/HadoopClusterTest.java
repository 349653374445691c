package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;

/** On Hadoop's own file system and under its own scheduler the result is that of local files. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HadoopClusterTest {
  private static final int ITEMS = 6;

  @TempDir static Path directory;
  private static MiniDFSCluster files;
  private static Path model;
  private static Path local;

  @BeforeAll
  static void start() throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.resolve("hdfs").toString());
    files = new MiniDFSCluster.Builder(configuration).numDataNodes(1).build();
    files.waitActive();
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    local = directory.resolve("local");
    assertThat(Run.prepare(manifest, local, model).code()).isZero();
    try (FileSystem system = files.getNewFileSystemInstance(0)) {
      system.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(manifest.getParent().toUri()),
          new org.apache.hadoop.fs.Path("/corpus"));
    }
  }

  @AfterAll
  static void stop() {
    files.shutdown(true);
  }

  /** Prepares what lies in HDFS, and compares what is written there with what local files gave. */
  private static void prepare(String output, String... more) throws IOException {
    String root = files.getURI().toString();
    ObjectNode summary =
        Run.prepare(root + "/corpus/corpus.jsonl", root + output, model, more).summary();
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
    assertThat(summary.get("rejected").intValue()).isZero();
    Path copy = directory.resolve("copy" + output);
    Files.createDirectories(copy.getParent());
    try (FileSystem system = files.getNewFileSystemInstance(0)) {
      system.copyToLocalFile(
          new org.apache.hadoop.fs.Path(output), new org.apache.hadoop.fs.Path(copy.toUri()));
    }
    assertThat(Tables.content(copy)).containsExactlyElementsOf(Tables.content(local));
    assertThat(Tables.contentHash(copy)).isEqualTo(Tables.contentHash(local));
  }

  @Test
  void hdfsHoldsManifestAudioAndOutput() throws IOException {
    prepare("/plain", "--partitions", "2");
  }

  @Test
  void yarnStartsTheExecutors() throws IOException {
    try (MiniYARNCluster yarn = new MiniYARNCluster("spiritlm", 1, 1, 1)) {
      YarnConfiguration wanted = new YarnConfiguration();
      wanted.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
      wanted.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 64);
      wanted.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
      wanted.set("yarn.scheduler.capacity.root.queues", "default");
      wanted.set("yarn.scheduler.capacity.root.default.capacity", "100");
      wanted.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
      yarn.init(wanted);
      yarn.start();
      Configuration running = yarn.getConfig();
      String java = System.getProperty("java.home");
      List<String> jars =
          Arrays.stream(Jvm.CLASS_PATH.split(File.pathSeparator))
              .filter(each -> each.endsWith(".jar"))
              .map(each -> "local:" + each)
              .toList();
      prepare(
          "/yarn",
          "--master",
          "yarn",
          "--partitions",
          "3",
          "--conf",
          "spark.hadoop.yarn.resourcemanager.address="
              + running.get(YarnConfiguration.RM_ADDRESS),
          "--conf",
          "spark.hadoop.yarn.resourcemanager.scheduler.address="
              + running.get(YarnConfiguration.RM_SCHEDULER_ADDRESS),
          "--conf",
          "spark.yarn.jars=" + String.join(",", jars),
          "--conf",
          "spark.yarn.stagingDir=" + directory.resolve("staging").toUri(),
          "--conf",
          "spark.executor.extraClassPath=" + Jvm.CLASS_PATH,
          "--conf",
          "spark.executor.instances=1",
          "--conf",
          "spark.executor.memory=512m",
          "--conf",
          "spark.executorEnv.JAVA_HOME=" + java,
          "--conf",
          "spark.yarn.appMasterEnv.JAVA_HOME=" + java,
          "--conf",
          "spark.driver.host=localhost",
          "--conf",
          "spark.driver.bindAddress=127.0.0.1");
    }
  }
}

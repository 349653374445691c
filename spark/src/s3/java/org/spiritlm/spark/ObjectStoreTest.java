package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;

/**
 * Manifest, audio and output in an object store with S3's protocol, which has neither directories
 * nor renames; the system property {@code s3} is the address of a bucket in it.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ObjectStoreTest {
  private static final int ITEMS = 6;

  @TempDir Path directory;
  private final Map<String, String> properties = new LinkedHashMap<>();
  private final Configuration configuration = new Configuration();
  private String root = "";
  private Path manifest = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void fill() throws IOException {
    String given = System.getProperty("s3");
    if (given == null) {
      throw new IllegalStateException("-Ds3 must be a bucket, such as http://localhost:5000/name");
    }
    URI bucket = URI.create(given);
    properties.put("fs.s3a.endpoint", bucket.getScheme() + "://" + bucket.getAuthority());
    properties.put("fs.s3a.endpoint.region", "us-east-1");
    properties.put("fs.s3a.path.style.access", "true");
    properties.put("fs.s3a.access.key", System.getProperty("s3.access", "test"));
    properties.put("fs.s3a.secret.key", System.getProperty("s3.secret", "test"));
    properties.forEach(configuration::set);
    root = "s3a:/" + bucket.getPath() + "/" + UUID.randomUUID();
    manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    try (FileSystem store = store()) {
      FileUtil.copy(manifest.getParent().toFile(), store, inside("/corpus"), false, configuration);
    }
  }

  private FileSystem store() throws IOException {
    return FileSystem.newInstance(URI.create(root), configuration);
  }

  private org.apache.hadoop.fs.Path inside(String name) {
    return new org.apache.hadoop.fs.Path(root + name);
  }

  private Run prepare(String... more) {
    List<String> words = new ArrayList<>(List.of(more));
    properties.forEach(
        (name, value) -> words.addAll(List.of("--conf", "spark.hadoop." + name + "=" + value)));
    return Run.prepare(
        root + "/corpus/corpus.jsonl", root + "/out", model, words.toArray(String[]::new));
  }

  @Test
  void theResultIsThatOfLocalFilesAndIsKept() throws IOException {
    Path local = directory.resolve("local");
    assertThat(Run.prepare(manifest, local, model).code()).isZero();

    ObjectNode summary = prepare("--partitions", "2").summary();

    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
    assertThat(summary.get("rejected").intValue()).isZero();
    Path copy = directory.resolve("copy");
    try (FileSystem store = store()) {
      FileUtil.copy(store, inside("/out"), copy.toFile(), false, configuration);
    }
    assertThat(Tables.content(copy)).containsExactlyElementsOf(Tables.content(local));
    assertThat(Tables.contentHash(copy)).isEqualTo(Tables.contentHash(local));
    assertThat(prepare().summary().get("partitions_from_earlier").intValue()).isEqualTo(2);
    assertThat(prepare("--partitions", "3").err()).contains("another number of --partitions: 2");
    assertThat(prepare("--partitions", "3", "--force").summary().get("prepared").intValue())
        .isEqualTo(ITEMS);
  }

  @Test
  void aLostPartitionAloneIsMadeAgain() throws IOException {
    assertThat(prepare("--partitions", "3").code()).isZero();
    try (FileSystem store = store()) {
      assertThat(store.delete(inside("/out/units/part-00001.parquet"), false)).isTrue();
    }

    ObjectNode summary = prepare().summary();

    assertThat(summary.get("partitions_from_earlier").intValue()).isEqualTo(2);
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
  }

  @Test
  void aSecondJobIsRefused() throws IOException {
    try (FileSystem store = store()) {
      store.create(inside("/out/_prepare/claims/another-job"), false).close();
    }

    Run second = prepare();

    assertThat(second.code()).isEqualTo(2);
    assertThat(second.err()).contains("another prepare is writing there");
  }

  @Test
  void aMissingBucketIsNamed() {
    root = "s3a://there-is-no-bucket-of-this-name/x";

    Run run = prepare();

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("there-is-no-bucket-of-this-name").doesNotContain("\tat ");
  }
}

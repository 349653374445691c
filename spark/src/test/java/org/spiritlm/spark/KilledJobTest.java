package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.PreparedUtterance;

/** A job that is killed goes on where it was. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KilledJobTest {
  private static final int ITEMS = 10;
  private static final int PARTITIONS = 5;

  @TempDir Path directory;

  @Test
  void itDoesOnlyWhatIsMissing() throws IOException, InterruptedException {
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    Path model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
    Path whole = directory.resolve("whole");
    assertThat(Run.prepare(manifest, whole, model).code()).isZero();

    Pipe pipe = new Pipe(manifest.resolveSibling("7.wav")); // in the fourth of five partitions
    Path output = directory.resolve("output");
    List<String> words =
        List.of(
            Prepare.class.getName(),
            manifest.toString(),
            "-o",
            output.toString(),
            "--model",
            model.toString(),
            "--master",
            "local[1]",
            "--partitions",
            "" + PARTITIONS);
    Process job = Jvm.start(Map.of(), directory.resolve("log"), words);
    try (OutputStream waiting = pipe.awaitReader(job.onExit())) {
      Run second = Run.prepare(manifest, output, model);
      assertThat(second.code()).isEqualTo(2);
      assertThat(second.err()).contains("another prepare is writing there");
    } finally {
      Jvm.kill(job);
      job.waitFor();
    }
    List<Path> done = Tables.files(output.resolve("units"));
    assertThat(done)
        .extracting(path -> path.getFileName().toString())
        .containsExactly("part-00000.parquet", "part-00001.parquet", "part-00002.parquet");
    List<FileTime> times = times(done);

    pipe.restore();
    ObjectNode summary = Run.prepare(manifest, output, model).summary();
    assertThat(summary.get("partitions").intValue()).isEqualTo(PARTITIONS);
    assertThat(summary.get("partitions_from_earlier").intValue()).isEqualTo(3);
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);
    assertThat(times(done)).isEqualTo(times);
    assertThat(Tables.units(output))
        .extracting(PreparedUtterance::id)
        .doesNotHaveDuplicates()
        .hasSize(ITEMS);
    assertThat(Tables.contentHash(output)).isEqualTo(Tables.contentHash(whole));
    assertThat(output.resolve("_prepare").resolve("temporary")).doesNotExist();
  }

  private static List<FileTime> times(List<Path> files) throws IOException {
    List<FileTime> times = new ArrayList<>();
    for (Path file : files) {
      times.add(Files.getLastModifiedTime(file));
    }
    return times;
  }

  @Test
  void aFileThatIsNotWholeIsMadeAgain() throws IOException {
    Path manifest = ToyCorpus.write(directory.resolve("corpus"), 4);
    Path model = ToyCorpus.model(directory.resolve("model"), Variant.BASE, 1);
    Path output = directory.resolve("output");
    assertThat(Run.prepare(manifest, output, model, "--partitions", "2").code()).isZero();
    String content = Tables.contentHash(output);
    Path second = output.resolve("units").resolve("part-00001.parquet");
    byte[] bytes = Files.readAllBytes(second);
    Files.write(second, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    ObjectNode summary = Run.prepare(manifest, output, model).summary();
    assertThat(summary.get("partitions_from_earlier").intValue()).isEqualTo(1);
    assertThat(Tables.contentHash(output)).isEqualTo(content);
  }
}

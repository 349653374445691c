package org.spiritlm.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.spiritlm.SpiritLm;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.AudioReader;
import org.spiritlm.checkpoint.TokenizerChecksum;
import org.spiritlm.checkpoint.Variant;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.json.Json;
import org.spiritlm.units.SpeechUnits;

/** The tables hold what the tokenizers give, however the work is divided. */
final class PreparationTest {
  private static final int ITEMS = 12;

  @TempDir static Path directory;
  private static Path manifest = Path.of("");
  private static Path model = Path.of("");

  @BeforeAll
  static void makeCorpus() throws IOException {
    manifest = ToyCorpus.write(directory.resolve("corpus"), ITEMS);
    model = ToyCorpus.model(directory.resolve("model"), Variant.EXPRESSIVE, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 20})
  void theResultDoesNotDependOnThePartitions(int partitions) {
    Path output = directory.resolve("partitions-" + partitions);
    ObjectNode summary =
        Run.prepare(manifest, output, model, "--partitions", "" + partitions).summary();
    assertThat(Tables.files(output.resolve("units"))).hasSize(partitions);
    assertThat(summary.get("partitions").intValue()).isEqualTo(partitions);
    assertThat(summary.get("prepared").intValue()).isEqualTo(ITEMS);

    SpiritLm plain = SpiritLm.load(model);
    List<PreparedUtterance> rows = Tables.units(output);
    assertThat(rows).hasSize(ITEMS);
    long units = 0;
    for (int i = 0; i < ITEMS; i++) {
      PreparedUtterance row = rows.get(i);
      AudioReader.Options all = AudioReader.Options.speech();
      AudioReader.Options options = i % 5 == 0 ? all.withStretch(0.1, 0.45) : all;
      Audio audio = AudioReader.read(manifest.resolveSibling(i + ".wav"), options);
      SpeechUnits expected = plain.encode(audio);
      assertThat(row.id()).isEqualTo("item-" + i);
      assertThat(row.seconds()).isEqualTo(audio.seconds());
      assertThat(row.units().hubert()).isEqualTo(expected.hubert()).isNotEmpty();
      assertThat(row.units().pitch()).isEqualTo(expected.pitch()).isNotEmpty();
      assertThat(row.units().style()).isEqualTo(expected.style()).isNotEmpty();
      assertThat(row.speaker()).isEqualTo(i % 2 == 0 ? "speaker " + i % 3 : null);
      assertThat(row.styleLabel()).isEqualTo(i % 3 == 0 ? "happy" : null);
      assertThat(row.split()).isEqualTo("train");
      assertThat(row.text()).isEqualTo(ToyCorpus.text(i));
      assertThat(row.textIds()).isEqualTo(plain.tokenizer().encode(ToyCorpus.text(i), false));
      String cat = "cat" + "!".repeat(i); // the manifest has the words "the" and "cat"
      assertThat(row.words())
          .containsExactlyElementsOf(
              i % 5 == 0
                  ? List.of(new WordFrames("The", 0, 3), new WordFrames(cat, 3, 8))
                  : List.of(new WordFrames("The", 3, 5), new WordFrames(cat, 5, 10)));
      assertThat(String.join(" ", row.words().stream().map(WordFrames::word).toList()))
          .isEqualTo(row.text());
      assertThat(row.model()).isEqualTo("model@" + TokenizerChecksum.ofUnits(plain.directory()));
      assertThat(row.code()).isNotBlank();
      units += expected.hubert().length;
    }
    assertThat(summary.get("hubert").longValue()).isEqualTo(units);
    assertThat(summary.get("words").longValue()).isEqualTo(2L * ITEMS);
    assertThat(summary.get("seconds").doubleValue())
        .isEqualTo(rows.stream().mapToDouble(PreparedUtterance::seconds).sum());
    assertThat(Json.file(output.resolve("summary.json"))).isEqualTo(summary);
    assertThat(Tables.quarantine(output)).isEmpty();
  }

  @Test
  void aBaseModelHasNeitherPitchNorStyle() {
    Path base = ToyCorpus.model(directory.resolve("base"), Variant.BASE, 1);
    Path output = directory.resolve("base-out");
    assertThat(Run.prepare(manifest, output, base).code()).isZero();
    assertThat(Tables.units(output))
        .hasSize(ITEMS)
        .allSatisfy(
            row -> {
              assertThat(row.units().hubert()).isNotEmpty();
              assertThat(row.units().pitch()).isNull();
              assertThat(row.units().style()).isNull();
            });
  }

  @Test
  void anotherBuildGoesOnWhereItsRowsAreTheSame() throws IOException {
    Path output = directory.resolve("rebuilt");
    Run.prepare(manifest, output, model, "--partitions", "2").summary();
    Files.delete(output.resolve("units").resolve("part-00001.parquet"));
    ObjectNode summary;
    try (JavaSparkContext spark = SparkStart.start("local[1]", Map.of(), 1)) {
      summary =
          Preparation.run(
              spark,
              new Preparation.Options(
                  manifest.toString(),
                  output.toString(),
                  model,
                  null,
                  2,
                  0,
                  "cpu",
                  1,
                  false,
                  false,
                  "2.0+abcdef0"),
              PreparationListener.none());
    }
    assertThat(summary.get("partitions_from_earlier").intValue()).isEqualTo(1);
    assertThat(summary.get("code").textValue()).isEqualTo("2.0+abcdef0");
    assertThat(Tables.units(output))
        .extracting(PreparedUtterance::code)
        .containsExactlyElementsOf(
            IntStream.range(0, ITEMS)
                .mapToObj(i -> i < ITEMS / 2 ? "unpackaged" : "2.0+abcdef0")
                .toList());

    Path job = output.resolve("_prepare").resolve("job.json");
    Files.writeString(job, Files.readString(job).replace("\"rows\":2", "\"rows\":3"));
    Run other = Run.prepare(manifest, output, model);
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("was begun with another version of rows: 3, now 2; give -o");
  }

  @Test
  void sparksPageTakesAnotherPortWhereItsOwnIsTaken() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      Run run =
          Run.prepare(
              manifest,
              directory.resolve("port"),
              model,
              "--conf",
              "spark.ui.port=" + taken.getLocalPort());
      assertThat(run.code()).isZero();
      assertThat(run.err())
          .contains("Spark's page: http://localhost:")
          .doesNotContain("http://localhost:" + taken.getLocalPort() + "\n")
          .doesNotContain("\tat ");
    }
  }
}

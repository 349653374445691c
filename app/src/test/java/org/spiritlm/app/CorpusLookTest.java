package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.corpus.PreparedParquetWriter;
import org.spiritlm.corpus.PreparedUtterance;
import org.spiritlm.corpus.WordFrames;
import org.spiritlm.units.SpeechUnits;

/** {@code corpus stats} and {@code corpus show} on a manifest and on prepared utterances. */
class CorpusLookTest {
  @TempDir Path directory;

  @BeforeEach
  void writeCorpora() throws IOException {
    Files.copy(Path.of("..", "examples", "speech.flac"), directory.resolve("speech.flac"));
    Files.writeString(
        directory.resolve("m.jsonl"),
        """
        {"id":"a/1","audio":"speech.flac","start":1.0,"end":3.0,"text":"two <b>words</b>","words":[{"w":"two","start":1.2,"end":1.5},{"w":"<b>words</b>","start":1.5,"end":2.5}],"speaker":"7143"}
        no line
        {"id":"gone","audio":"gone.flac"}
        """);
    Files.createDirectories(directory.resolve("p/units"));
    try (PreparedParquetWriter writer =
        new PreparedParquetWriter(directory.resolve("p/units/part-0.parquet"))) {
      writer.write(
          new PreparedUtterance(
              "a/1",
              "7143",
              null,
              null,
              2.0,
              new SpeechUnits(new int[49], null, null),
              List.of(new WordFrames("two", 5, 13), new WordFrames("<b>words</b>", 13, 38)),
              "two <b>words</b>",
              null,
              "model",
              "code"));
    }
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void figuresOfAManifest() throws IOException {
    JsonNode json =
        Run.of("corpus", "stats", path("m.jsonl"), "-o", path("charts"), "--json").object();
    assertThat(json.path("utterances").asInt()).isEqualTo(1);
    assertThat(json.path("mean_seconds").asDouble()).isEqualTo(2);
    assertThat(json.path("aligned").asInt()).isEqualTo(1);
    assertThat(json.path("unusable").path("count").asInt()).isEqualTo(2);
    assertThat(ImageIO.read(directory.resolve("charts/seconds.png").toFile())).isNotNull();
    Run again = Run.of("corpus", "stats", path("m.jsonl"), "-o", path("charts"));
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("--force");
    Run text = Run.of("corpus", "stats", path("m.jsonl"));
    assertThat(text.out().lines()).contains("utterances: 1", "unusable.first: gone");
  }

  @Test
  void figuresOfPreparedUtterances() {
    JsonNode json = Run.of("corpus", "stats", path("p"), "--json").object();
    assertThat(json.path("tokens").path("hubert").path("units").asInt()).isEqualTo(49);
    assertThat(json.path("tokens").path("hubert").path("tokens").asInt()).isEqualTo(1);
    assertThat(json.path("paper_bits_per_second").asInt()).isEqualTo(225);
    assertThat(Run.of("corpus", "stats", path("p")).out())
        .contains("tokens.hubert.merged_share: 0.9796");
  }

  @Test
  void tokensAndSoundInOneRun() {
    JsonNode json =
        Run.of("corpus", "stats", path("p"), "--audio", path("m.jsonl"), "--json").object();
    assertThat(json.path("utterances").asInt()).isEqualTo(1);
    assertThat(json.path("tokens").path("hubert").path("units").asInt()).isEqualTo(49);
    assertThat(json.path("clipped").path("count").isInt()).isTrue();
    assertThat(json.path("unusable").path("count").asInt()).isEqualTo(2);
  }

  @Test
  void pagesOfBoth() throws IOException {
    Run run =
        Run.of(
            "corpus",
            "show",
            "a/1",
            "--corpus",
            path("p"),
            "--audio",
            path("m.jsonl"),
            "-o",
            path("p.html"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(directory.resolve("p.html"))
        .content()
        .contains("<audio", ">Hu<", "&lt;b&gt;words", "epoch 2")
        .doesNotContain("<b>words");
    JsonNode json =
        Run.of("corpus", "show", "a/1", "--corpus", path("m.jsonl"), "-o", path("m.html"), "--json")
            .object();
    assertThat(json.path("audio").asBoolean()).isTrue();
    assertThat(json.path("units").asInt()).isZero();
  }

  @Test
  void aModelAddsUnitsAndPitch() {
    JsonNode json =
        Parity.run(
                "expressive",
                "corpus",
                "show",
                "a/1",
                "--corpus",
                path("m.jsonl"),
                "-o",
                path("m.html"),
                "--json")
            .object();
    assertThat(json.path("f0").asBoolean()).isTrue();
    assertThat(json.path("units").asInt()).isBetween(45, 50);
    assertThat(json.path("words").asInt()).isEqualTo(2);
    assertThat(directory.resolve("m.html"))
        .content()
        .contains("class=\"pitch\"", ">Pi<", ">St<", "[St");
  }

  @Test
  void mistakesAreTheUsers() {
    List<String[]> mistakes =
        List.of(
            new String[] {"stats", path("none")},
            new String[] {"stats", path("speech.flac")},
            new String[] {"stats", path("m.jsonl"), "--audio", path("m.jsonl")},
            new String[] {"stats", path("p"), "--audio", path("p")},
            new String[] {"show", "b", "--corpus", path("m.jsonl"), "-o", path("x.html")},
            new String[] {"show", "b", "--corpus", path("p"), "-o", path("x.html")},
            new String[] {"show", "gone", "--corpus", path("m.jsonl"), "-o", path("x.html")},
            new String[] {"show", "a/1", "--corpus", path("p"), "-o", path("no/x.html")});
    for (String[] words : mistakes) {
      Run run = Run.of(Stream.concat(Stream.of("corpus"), Stream.of(words)).toArray(String[]::new));
      assertThat(run.code()).as(run.err()).isEqualTo(2);
      assertThat(run.err().lines().count()).isEqualTo(1);
    }
    assertThat(directory.resolve("x.html")).doesNotExist();
  }
}

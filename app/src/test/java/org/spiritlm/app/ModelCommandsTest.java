package org.spiritlm.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** convert and info, as a user runs them. */
final class ModelCommandsTest {
  @TempDir Path directory;

  @Test
  void aConvertedModelIsDescribedAndChecked() throws IOException {
    Path model = directory.resolve("model");
    JsonNode written = convert(model, "--json").object();
    assertThat(written.get("variant").asText()).isEqualTo("base");
    assertThat(written.get("model").asText()).isEqualTo(model.toString());
    assertThat(written.get("parts").findValuesAsText("part"))
        .containsExactlyInAnyOrder("lm", "hubert", "vocoder");

    JsonNode info = Run.of("info", model.toString(), "--json").object();
    assertThat(info).isEqualTo(written);
    assertThat(info.get("parameters").asLong())
        .isEqualTo(
            info.get("parts").valueStream().mapToLong(p -> p.get("parameters").asLong()).sum());
    assertThat(info.get("licence").asText()).contains("Noncommercial");
    info.get("sha256")
        .fieldNames()
        .forEachRemaining(name -> assertThat(model.resolve(name)).isRegularFile());

    Run intact = Run.of("info", model.toString(), "--verify");
    assertThat(intact.code()).as(intact.err()).isZero();
    Path weights = model.resolve("lm").resolve("model.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.seek(file.length() - 1);
      int last = file.read();
      file.seek(file.length() - 1);
      file.write(last ^ 1);
    }
    Run damaged = Run.of("info", model.toString(), "--verify");
    assertThat(damaged.code()).isEqualTo(2);
    assertThat(damaged.err()).contains("model.safetensors", "checksum");
  }

  @Test
  void aModelIsReplacedOnlyWhenForcedAndNothingElseEver() throws IOException {
    Path model = directory.resolve("model");
    assertThat(convert(model).code()).isZero();
    Run again = convert(model);
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("model exists already", "--force");
    assertThat(convert(model, "--force", "--dtype", "fp32").code()).isZero();
    JsonNode info = Run.of("info", model.toString(), "--json").object();
    assertThat(info.at("/parts/0/dtypes/0").asText()).isEqualTo("F32");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(model);
    }

    Path photos = Files.createDirectory(directory.resolve("photos"));
    Files.writeString(photos.resolve("a.jpg"), "x");
    Run photo = convert(photos, "--force");
    assertThat(photo.code()).isEqualTo(2);
    assertThat(photo.err()).contains("photos exists and is no model");
    assertThat(photos.resolve("a.jpg")).hasContent("x");
  }

  @Test
  void infoReadsMetasLayout() {
    Run table = Run.of("info", Parity.checkpoints(), "--variant", "expressive");
    assertThat(table.code()).as(table.err()).isZero();
    assertThat(table.out()).contains("expressive", "lm", "hubert", "pitch", "style", "vocoder");
    JsonNode object =
        Run.of("info", Parity.checkpoints(), "--variant", "expressive", "--json").object();
    assertThat(object.has("licence")).isFalse();
    assertThat(object.at("/frame_rates/hubert").asDouble()).isEqualTo(25);
    Run unclear = Run.of("info", "--model", Parity.checkpoints());
    assertThat(unclear.code()).isEqualTo(2);
    assertThat(unclear.err()).contains("--variant base");
    Run unverifiable = Run.of("info", Parity.checkpoints(), "--variant", "base", "--verify");
    assertThat(unverifiable.code()).isEqualTo(2);
    assertThat(unverifiable.err()).contains("no checksums");
  }

  @Test
  void whatIsNoModelIsTheUsersMistake() {
    for (String place : List.of(directory.toString(), directory.resolve("none").toString())) {
      for (String[] args :
          List.of(
              new String[] {"info", place},
              new String[] {"convert", place, "-o", directory.resolve("m").toString()})) {
        Run run = Run.of(args);
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(place);
        assertThat(run.err().lines().count()).isLessThanOrEqualTo(2);
      }
    }
  }

  private static Run convert(Path target, String... more) {
    String[] words = {
      "convert", Parity.checkpoints(), "--variant", "base", "-o", target.toString()
    };
    return Run.of(Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new));
  }
}

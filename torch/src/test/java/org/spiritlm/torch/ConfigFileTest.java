package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @TempDir Path folder;

  private ConfigFile read(String json) throws IOException {
    return ConfigFile.read(Files.writeString(folder.resolve("config.json"), json));
  }

  @Test
  void readsEachTypeAndFallsBackWhereAKeyIsAbsentOrNull() throws IOException {
    ConfigFile config =
        read("{\"a\": 3, \"b\": [1, 2], \"c\": 1e-5, \"d\": true, \"e\": \"x\", \"f\": null}");

    assertThat(config.positive("a")).isEqualTo(3);
    assertThat(config.positives("b")).containsExactly(1, 2);
    assertThat(config.number("c")).isEqualTo(1e-5);
    assertThat(config.flag("d", false)).isTrue();
    assertThat(config.text("e")).isEqualTo("x");
    assertThat(config.integer("f", 7)).isEqualTo(7);
    assertThat(config.positives("g", List.of(4))).containsExactly(4);
  }

  @Test
  void namesTheFileTheKeyAndWhatWasFound() throws IOException {
    ConfigFile config = read("{\"a\": -3, \"b\": [1, \"x\"], \"c\": 99999999999}");

    assertThatThrownBy(() -> config.positive("a"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageEndingWith("config.json: 'a' must be a whole number of at least 1, found -3");
    assertThatThrownBy(() -> config.positives("b")).hasMessageContaining("found [1,\"x\"]");
    assertThatThrownBy(() -> config.integer("c")).hasMessageContaining("found 99999999999");
    assertThatThrownBy(() -> config.text("z")).hasMessageContaining("found nothing");
    assertThatThrownBy(() -> config.flag("a", true)).hasMessageContaining("true or false");
  }

  @Test
  void refusesWhatIsNotAJsonObject() {
    assertThatThrownBy(() -> read("{\"a\": ")).hasMessageContaining("not JSON at line 1");
    assertThatThrownBy(() -> read("[1]")).hasMessageContaining("expected a JSON object");
    assertThatThrownBy(() -> read("")).hasMessageContaining("expected a JSON object");
    assertThatThrownBy(() -> ConfigFile.read(folder.resolve("none.json")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("missing");
  }

  @Test
  void refusesWhatIsTooLargeOrTooDeepForAConfiguration() throws IOException {
    Path file = folder.resolve("large.json");
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(1L << 40); // a hole, which takes no disk
    }
    assertThatThrownBy(() -> ConfigFile.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(file + ": is no configuration: it has more than 67108864 bytes");
    assertThatThrownBy(() -> read("{\"a\":".repeat(100_000)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json: not JSON: Document nesting depth");
    Files.write(file, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
    assertThatThrownBy(() -> ConfigFile.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(file + ": is no configuration: it is not UTF-8 text");
    assertThatThrownBy(() -> ConfigFile.read(folder.resolve("none")))
        .hasMessageEndingWith("none: missing; expected a configuration");
    assertThatThrownBy(() -> ConfigFile.read(folder))
        .hasMessage(folder + ": is a directory, expected a configuration");
    assertThatThrownBy(() -> read("{"))
        .hasMessageContaining("expected close marker")
        .hasMessageNotContaining("Source");
  }

  @Test
  void wrapsPlainValues() {
    ConfigFile config = ConfigFile.of("model.pt", Map.of("n", 5L, "list", List.of(1, 2)));

    assertThat(config.positive("n")).isEqualTo(5);
    assertThat(config.positives("list")).containsExactly(1, 2);
  }
}

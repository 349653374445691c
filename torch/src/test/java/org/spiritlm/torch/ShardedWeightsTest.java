package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedWeightsTest {
  private static final String NAME = "model.safetensors.index.json";

  @TempDir Path folder;

  @BeforeEach
  void writeShards() throws IOException {
    shard("1.safetensors", "a", 1);
    shard("2.safetensors", "b", 2);
    Files.copy(Fixtures.path("pickle/zip.pt"), folder.resolve("3.bin"));
  }

  private void shard(String file, String tensor, float value) {
    SafetensorsWriter.write(
        folder.resolve(file), Map.of(tensor, Tensors.of(new float[] {value})), Map.of());
  }

  private Path index(String json) throws IOException {
    return Files.writeString(folder.resolve(NAME), json);
  }

  private void refused(String json, String message) throws IOException {
    Path index = index(json);
    assertThatThrownBy(() -> ShardedWeights.open(index))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tensorsOfAllShardsAreOneSource() throws IOException {
    index(
        """
        {"metadata": {"total_size": 8}, "weight_map":
         {"a": "1.safetensors", "b": "2.safetensors", "ema.shadow.0": "3.bin"}}
        """);
    TensorSource source = TensorFiles.open(folder);

    assertThat(source).isInstanceOf(ShardedWeights.class);
    assertThat(source.origin()).isEqualTo(folder.resolve(NAME).toString());
    assertThat(source.names()).startsWith("a", "b").contains("ema.shadow.0", "model.F32");
    assertThat(source.info("a")).isEqualTo(TensorInfo.of(DType.F32, 1));
    assertThat(Tensors.floats(source.load("a"))).containsExactly(1);
    assertThat(Tensors.floats(source.load("b"))).containsExactly(2);
    assertThat(Tensors.floats(source.load("ema.shadow.0"))).containsExactly(5);
    assertThatThrownBy(() -> source.load("c"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(source.origin() + ": has no tensor 'c'");
  }

  @Test
  void anIndexThatTheShardsContradictIsRefused() throws IOException {
    refused(
        "{\"weight_map\": {\"a\": \"2.safetensors\", \"b\": \"1.safetensors\"}}",
        NAME + ": tensor 'a' should stand in 2.safetensors, which does not hold it");
    refused(
        "{\"weight_map\": {\"a\": \"1.safetensors\", \"c\": \"1.safetensors\"}}",
        NAME + ": tensor 'c' should stand in 1.safetensors, which does not hold it");
    shard("4.safetensors", "a", 4);
    refused(
        "{\"weight_map\": {\"a\": \"1.safetensors\", \"b\": \"4.safetensors\"}}",
        "tensor 'a' stands in " + folder.resolve("1.safetensors") + " and in ");
  }

  @Test
  void missingAndTruncatedShardsAreNamed() throws IOException {
    refused(
        "{\"weight_map\": {\"a\": \"1.safetensors\", \"c\": \"9.safetensors\"}}",
        folder.resolve("9.safetensors") + ": no such file");
    try (RandomAccessFile cut =
        new RandomAccessFile(folder.resolve("2.safetensors").toFile(), "rw")) {
      cut.setLength(cut.length() - 1);
    }
    refused(
        "{\"weight_map\": {\"a\": \"1.safetensors\", \"b\": \"2.safetensors\"}}",
        folder.resolve("2.safetensors") + ": damaged: tensor 'b' should lie at bytes 0 to 4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "//",
        "../1.safetensors",
        "sub/1.safetensors",
        "/etc/passwd",
        "\\u0000",
        "./1.safetensors"
      })
  void aShardOutsideTheDirectoryIsRefused(String name) throws IOException {
    refused(
        "{\"weight_map\": {\"a\": \"" + name + "\"}}",
        "is not the name of a file beside the index");
  }

  @Test
  void whatIsNoNameIsRefused() throws IOException {
    refused("{\"weight_map\": {\"a\": \".\"}}", "is a directory, expected a file");
    refused("{\"weight_map\": {\"a\": \"..\"}}", "is a directory, expected a file");
    refused("{\"weight_map\": {\"a\": {\"b\": 1}}}", "'' is not the name of a file");
    refused("{\"weight_map\": {\"a\": 7}}", folder.resolve("7") + ": no such file");
    refused("{\"weight_map\": []}", "'weight_map' must be an object");
    refused("{}", "'weight_map' must be an object, found nothing");
    refused("{\"weight_map\": {", "not JSON at line 1");
    refused("[".repeat(100_000), NAME + ": not JSON: Document nesting depth");
  }

  @Test
  void theFormOfWeightsIsSeenFromTheirNames() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> TensorFiles.open(empty))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(empty + ": has no weights; expected one of model.safetensors, ");
    assertThat(TensorFiles.open(folder.resolve("1.safetensors")))
        .isInstanceOf(SafetensorsFile.class);
    assertThat(TensorFiles.open(folder.resolve("3.bin"))).isInstanceOf(PickleFile.class);
    Files.copy(folder.resolve("3.bin"), empty.resolve("pytorch_model.bin"));
    assertThat(TensorFiles.open(empty)).isInstanceOf(PickleFile.class);
    Files.copy(folder.resolve("1.safetensors"), empty.resolve("model.safetensors"));
    assertThat(TensorFiles.open(empty)).isInstanceOf(SafetensorsFile.class);
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> TensorFiles.open(none)).hasMessage(none + ": no such file");
  }
}

package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as {@code torch.save} writes them. */
class PickleFileTest {
  private static final String ZIP = "zip.pt";

  @TempDir Path folder;

  private static PickleFile open(String name) {
    return PickleFile.open(Fixtures.path("pickle/" + name));
  }

  @ParameterizedTest
  @ValueSource(strings = {ZIP, "zip_protocol4.pt", "legacy.pt", "legacy_protocol1.pt"})
  void holdsWhatPyTorchSaved(String name) {
    PickleFile file = open(name);
    PickleFile model = file.at("model");

    assertThat(model.names()).containsExactlyElementsOf(Fixtures.names());
    for (String tensor : Fixtures.names()) {
      Fixtures.check(model, tensor, tensor);
      Fixtures.check(file, "model." + tensor, tensor);
    }
    assertThat(file.names()).hasSize(Fixtures.names().size() + 1).contains("ema.shadow.0");
    assertThat(file.at("ema", "shadow").names()).containsExactly("0");
    assertThat(Tensors.ints(file.at("ema").load("shadow.0"))).containsExactly(5);
    assertThat(file.at("ema").values()).containsEntry("decay", 0.999);
    assertThat(file.has("model")).isTrue();
    assertThat(file.has("step")).isFalse();
    assertThat(file.has("nothing")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {ZIP, "zip_protocol4.pt", "legacy.pt", "legacy_protocol1.pt"})
  void plainValuesAreRead(String name) {
    Map<String, ?> values = open(name).values();

    assertThat(values.keySet())
        .containsExactly(
            "model", "ema", "args", "step", "big", "huge", "negative", "none", "tuple", "size");
    assertThat(values.get("args"))
        .isEqualTo(
            Map.of(
                "lr",
                1e-3,
                "layers",
                List.of(1, 2, 3),
                "name",
                "ä 🎵",
                "nested",
                Map.of("on", true)));
    assertThat(values.get("step")).isEqualTo(7);
    assertThat(values.get("big")).isEqualTo(1L << 40);
    assertThat(values.get("huge")).isEqualTo(BigInteger.TWO.pow(80));
    assertThat(values.get("negative")).isEqualTo(-3);
    assertThat(values.get("none")).isNull();
    assertThat(values.get("tuple")).isEqualTo(List.of(1, "two", false));
    assertThat(values.get("size")).isEqualTo(List.of(2, 3));
    assertThat(values.get("model")).isEqualTo(Map.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {ZIP, "legacy.pt"})
  void tensorsOfOneStorageShareItsBytes(String name) {
    PickleFile model = open(name).at("model");
    long start = model.load("shared.whole").data_ptr().address();

    assertThat(model.load("shared.row").data_ptr().address() - start).isEqualTo(12 * 4);
    assertThat(model.load("shared.column").data_ptr().address() - start).isEqualTo(4);
    assertThat(model.load("shared.block").data_ptr().address() - start).isEqualTo(4 * 4);
    assertThat(model.load("transposed").stride(0)).isEqualTo(1);
    assertThat(model.load("transposed").stride(1)).isEqualTo(3);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void tensorsAreTheMappedFile() throws IOException {
    PickleFile model = open(ZIP).at("model");
    for (String tensor : Fixtures.names()) {
      if (model.info(tensor).elements() > 0) {
        assertThat(SystemMemory.maps(Fixtures.path("pickle/zip.pt"), model.load(tensor)))
            .as(tensor)
            .isTrue();
      }
    }
  }

  /** Dense ones and views with other strides alike. */
  @ParameterizedTest
  @ValueSource(strings = {ZIP, "zip_protocol4.pt", "legacy.pt", "legacy_protocol1.pt"})
  void copiesHoldTheSame(String name) {
    PickleFile model = open(name).at("model");
    for (String tensor : Fixtures.names()) {
      try (Scope scope = Scope.open()) {
        assertThat(model.copy(tensor).equal(model.load(tensor))).as(tensor).isTrue();
      }
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    PickleFile file = open(ZIP);
    String path = Fixtures.path("pickle/zip.pt").toString();

    assertThatThrownBy(() -> file.at("generator"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            path
                + ": has no dict 'generator'; it holds [model, ema, args, step, big, huge,"
                + " negative, none] and 2 more");
    assertThatThrownBy(() -> file.at("ema", "shadow", "0"))
        .hasMessage(path + ": ema: shadow: has no dict '0'; it holds [0]");
    assertThatThrownBy(() -> file.at("step")).hasMessageStartingWith(path + ": has no dict 'step'");
    assertThatThrownBy(() -> file.at("model").load("weight"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(path + ": model: has no tensor 'weight'");
    assertThatThrownBy(() -> file.at("model").info("F32.x"))
        .hasMessageContaining("no tensor 'F32.x'");
  }

  @Test
  void filesOfOtherKindsAreRefusedWithTheReason() {
    refused("compressed.pt", "the entry 'zip/");
    refused("compressed.pt", "is compressed, which PyTorch never does");
    refused(
        "expanded.pt",
        "shape [5] and strides [0] shows elements of its storage of 1 more than once");
    refused("list.pt", "expected a dict of tensors");
    refused("program.pt", "is a TorchScript program, not a checkpoint");
    refused(
        "foreign.pt",
        "the pickle asks for '__builtin__.sorted', which is not allowed and was not run");
    refused("../safetensors/library.safetensors", "it was not made by torch.save");
    refused("../expected.json", "it was not made by torch.save");
  }

  private static void refused(String name, String message) {
    assertThatThrownBy(() -> open(name))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(Fixtures.path("pickle/" + name) + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void foreignObjectsCanBeLeftOut() {
    PickleFile file = PickleFile.openSkippingForeign(Fixtures.path("pickle/foreign.pt"));

    assertThat(file.names()).containsExactly("weight");
    assertThat(file.values()).isEmpty();
    assertThat(Tensors.floats(file.load("weight"))).containsExactly(1, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {ZIP, "legacy.pt"})
  void aFileCutAnywhereIsRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("pickle/" + name));
    for (int length = 0; length < whole.length; length += length < 200 ? 1 : 11) {
      Path cut = Files.write(folder.resolve("cut.pt"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> PickleFile.open(cut))
          .isInstanceOf(CheckpointException.class)
          .hasMessageStartingWith(cut + ": damaged");
    }
    Path cut = Files.write(folder.resolve("cut.pt"), Arrays.copyOf(whole, whole.length - 1));
    assertThatThrownBy(() -> PickleFile.open(cut)).hasMessageContaining("truncated");
  }

  @ParameterizedTest
  @ValueSource(strings = {ZIP, "legacy.pt"})
  void changedBytesAreReadOrRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("pickle/" + name));
    for (int at = 0; at < whole.length; at += 11) {
      byte[] changed = whole.clone();
      changed[at] ^= (byte) (1 << at % 8);
      FuzzedFile.check(changed, PickleFile::open);
    }
  }

  @Test
  void whatIsNoFileIsRefused() {
    Path missing = folder.resolve("no.pt");
    assertThatThrownBy(() -> PickleFile.open(missing))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> PickleFile.open(folder)).hasMessageContaining("is a directory");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void devicesAndPipesAreRefusedRatherThanWaitedFor() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe.pt");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> PickleFile.open(pipe))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(pipe + ": is a pipe or a device, expected a file");
    assertThatThrownBy(() -> SafetensorsFile.open(Path.of("/dev/zero")))
        .hasMessage("/dev/zero: is a pipe or a device, expected a file");
  }
}

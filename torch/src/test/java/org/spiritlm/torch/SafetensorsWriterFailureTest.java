package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterFailureTest {
  @TempDir Path folder;

  private static Map<String, Tensor> tensors() {
    return Map.of("a", Tensors.zeros(DType.F32, 1000));
  }

  /** The part file is made to lie on a device that is always full. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsNamedAndLeavesNothing() throws IOException {
    Path file = folder.resolve("m.safetensors");
    Files.createSymbolicLink(folder.resolve(".m.safetensors.part"), Path.of("/dev/full"));
    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage("cannot write " + file + ": No space left on device");
    assertThat(folder).isEmptyDirectory();
  }

  /** Nobody, not even the system's administrator, makes files there. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void anUnwritableDirectoryIsNamed() {
    Path file = Path.of("/proc/m.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write " + file + ": ");
  }

  @Test
  void aMissingDirectoryIsNamed() throws IOException {
    Path file = folder.resolve("no/m.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "cannot write "
                + file
                + ": the directory "
                + folder.resolve("no")
                + " does not exist; make it first");
    Path notDirectory = Files.writeString(folder.resolve("file"), "x").resolve("m.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(notDirectory, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot write " + notDirectory + ": ");
  }

  @Test
  void whatAnInterruptedRunLeftIsReplaced() throws IOException {
    Path file = folder.resolve("m.safetensors");
    Files.writeString(folder.resolve(".m.safetensors.part"), "half of a file".repeat(1000));
    SafetensorsWriter.write(file, tensors(), Map.of());
    assertThat(SafetensorsFile.open(file).names()).containsExactly("a");
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(folder.resolve(".m.safetensors.part")).doesNotExist();
  }

  @Test
  void linksAndDirectoriesAreNotReplacedEither() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
    assertThatThrownBy(() -> SafetensorsWriter.write(link, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(link + " exists already; remove it or give another name");
    assertThatThrownBy(() -> SafetensorsWriter.write(folder, tensors(), Map.of()))
        .hasMessage(folder + " exists already; remove it or give another name");
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  @Test
  void aTensorOfTheNameOfTheMetadataIsRefused() {
    Path file = folder.resolve("m.safetensors");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    file, Map.of("__metadata__", Tensors.zeros(DType.F32, 1)), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has a tensor called '__metadata__'");
    assertThat(folder).isEmptyDirectory();
  }
}

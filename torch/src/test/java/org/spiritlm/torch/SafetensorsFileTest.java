package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  private static final Path LIBRARY = Fixtures.path("safetensors/library.safetensors");

  @TempDir Path folder;

  @Test
  void readsWhatTheLibraryWrote() {
    SafetensorsFile file = SafetensorsFile.open(LIBRARY);

    assertThat(file.names()).hasSameSizeAs(Fixtures.names());
    for (String name : Fixtures.names()) {
      boolean type = Arrays.stream(DType.values()).anyMatch(known -> known.name().equals(name));
      Fixtures.check(file, type ? "type." + name : name, name);
    }
    assertThat(file.metadata())
        .containsExactlyInAnyOrderEntriesOf(Map.of("format", "pt", "note", "\"ö\""));
    assertThat(file.origin()).isEqualTo(LIBRARY.toString());
    assertThatThrownBy(() -> file.load("type.F8"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(LIBRARY + ": has no tensor 'type.F8'");
    assertThatThrownBy(() -> file.info("")).hasMessage(LIBRARY + ": has no tensor ''");
  }

  /** 80 MB: more than is read or written at once. */
  @Test
  void aLargeTensorIsCopiedAsItIsMapped() {
    float[] values = new float[20_000_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 65_537; // no period of the pieces
    }
    Path path = folder.resolve("m.safetensors");
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors =
          Map.of("first", Tensors.of(new float[] {1, 2, 3}), "large", Tensors.of(values));
      SafetensorsWriter.write(path, tensors, Map.of());
    }
    SafetensorsFile file = SafetensorsFile.open(path);

    assertThat(Arrays.equals(Tensors.floats(file.load("large")), values)).isTrue();
    assertThat(Arrays.equals(Tensors.floats(file.copy("large")), values)).isTrue();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void tensorsAreTheMappedFile() throws IOException {
    Path file = folder.resolve("m.safetensors");
    Tensor tensor = Tensors.of(new float[] {1, 2, 3});
    SafetensorsWriter.write(file, Map.of("a", tensor), Map.of());

    assertThat(SystemMemory.maps(file, SafetensorsFile.open(file).load("a"))).isTrue();
    assertThat(SystemMemory.maps(file, tensor)).isFalse();
  }

  /** Four GiB, with a heap of one. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aTensorOfAnySizeTakesMemoryOnlyWhereItIsTouched() throws IOException {
    long elements = 1L << 31;
    String entry =
        SafetensorsBytes.entry("big", "BF16", "[" + elements + "]", "0", "" + 2 * elements);
    String header = "{" + entry + "}" + " ".repeat(7 - (entry.length() + 1) % 8);
    Path path = Files.write(folder.resolve("big.safetensors"), SafetensorsBytes.of(header, 0));
    long headerBytes = Files.size(path);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(headerBytes + 2 * elements); // a hole, which takes no disk
      file.seek(headerBytes + 2 * (elements - 1));
      file.write(new byte[] {(byte) 0x80, 0x3f}); // 1 in bfloat16
    }
    SafetensorsFile file = SafetensorsFile.open(path);
    long before = SystemMemory.resident();
    try (Scope scope = Scope.open()) {
      Tensor tensor = file.load("big");
      assertThat(tensor.numel()).isEqualTo(elements);
      assertThat(Tensors.floats(tensor.narrow(0, elements - 2, 2))).containsExactly(0, 1);
    }
    assertThat(SystemMemory.resident() - before).isLessThan(64 * SystemMemory.MEBIBYTE);
  }

  @Test
  void elementsThatAreNotAlignedAreReadAsWell() throws IOException {
    for (int padding = 0; padding < 8; padding++) {
      String header =
          "{"
              + SafetensorsBytes.entry("a", "U8", "[1]", "0", "1")
              + ","
              + SafetensorsBytes.entry("b", "I32", "[2]", "1", "9")
              + "}"
              + " ".repeat(padding);
      Path path = folder.resolve(padding + ".safetensors");
      SafetensorsFile file =
          SafetensorsFile.open(Files.write(path, SafetensorsBytes.of(header, 9)));
      assertThat(Tensors.longs(file.load("a"))).containsExactly(0);
      assertThat(Tensors.longs(file.load("b"))).containsExactly(0x04030201, 0x08070605);
    }
  }

  @Test
  void aFileWithoutTensorsIsRead() throws IOException {
    Path path = Files.write(folder.resolve("e.safetensors"), SafetensorsBytes.of("{}", 0));
    assertThat(SafetensorsFile.open(path).names()).isEmpty();
    SafetensorsWriter.write(folder.resolve("f.safetensors"), Map.of(), Map.of());
    assertThat(SafetensorsFile.open(folder.resolve("f.safetensors")).names()).isEmpty();
  }

  @Test
  void theWriterAlignsTheHeaderAndEveryTensor() throws IOException {
    Path path = folder.resolve("m.safetensors");
    SafetensorsWriter.write(
        path,
        Map.of(
            "a", Tensors.of(new float[] {1}).to(DType.U8.scalarType()),
            "b", Tensors.of(new float[] {1, 2, 3}).to(DType.F16.scalarType()),
            "c", Tensors.of(new long[] {4}),
            "d", Tensors.of(new float[] {5})),
        Map.of());

    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long header = file.getLong(0);
    assertThat(header % 8).isZero();
    assertThat(bytes).hasSize(8 + (int) header + 8 + 4 + 6 + 1);
    // wide elements come first
    assertThat(file.getLong(8 + (int) header)).isEqualTo(4);
    assertThat(file.getFloat(8 + (int) header + 8)).isEqualTo(5);
    assertThat(bytes[bytes.length - 1]).isEqualTo((byte) 1);
  }
}

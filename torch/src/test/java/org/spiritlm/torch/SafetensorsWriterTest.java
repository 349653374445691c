package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  private static Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType type : DType.values()) {
      tensors.put(
          "x." + type, Tensors.of(new float[] {0, 1, 0, 1, 1, 0}, 2, 3).to(type.scalarType()));
    }
    tensors.put("transposed", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t());
    tensors.put("empty", Tensors.empty(DType.F32, 0, 4));
    tensors.put("scalar", Tensors.of(new float[] {7}).view(new long[0]));
    tensors.put("odd", Tensors.of(new float[] {1, 2, 3}).to(DType.U8.scalarType()));
    return tensors;
  }

  @Test
  void readsBackWhatItWrote() {
    Path file = folder.resolve("ä model.safetensors");
    SafetensorsWriter.write(file, tensors(), Map.of("format", "pt", "note", "\"ö\""));

    SafetensorsFile read = SafetensorsFile.open(file);
    assertThat(read.metadata()).containsEntry("format", "pt").containsEntry("note", "\"ö\"");
    assertThat(read.names()).containsExactlyInAnyOrderElementsOf(tensors().keySet());
    tensors()
        .forEach(
            (name, tensor) -> {
              Tensor loaded = read.load(name);
              assertThat(read.info(name))
                  .isEqualTo(TensorInfo.of(DType.of(tensor), Tensors.shape(tensor)));
              assertThat(DType.of(loaded)).isEqualTo(DType.of(tensor));
              assertThat(Tensors.shape(loaded)).containsExactly(Tensors.shape(tensor));
              assertThat(Tensors.floats(loaded)).containsExactly(Tensors.floats(tensor));
            });
  }

  @Test
  void loadedTensorsShareOneMappingThatOutlivesTheFileObject() {
    Path file = folder.resolve("m.safetensors");
    SafetensorsWriter.write(file, tensors(), Map.of());

    SafetensorsFile read = SafetensorsFile.open(file);
    Tensor first = read.load("x.F32");
    Tensor second = read.load("x.F32");
    assertThat(first.data_ptr().address()).isEqualTo(second.data_ptr().address());
    read = null;
    System.gc();
    assertThat(Tensors.floats(first)).containsExactly(0, 1, 0, 1, 1, 0);
  }

  @Test
  void convertsFloatsAloneWhereATypeIsAsked() {
    Path file = folder.resolve("m.safetensors");
    SafetensorsWriter.write(file, new TensorMap("memory", tensors()), DType.BF16, Map.of());

    SafetensorsFile read = SafetensorsFile.open(file);
    assertThat(read.info("x.F64").dtype()).isEqualTo(DType.BF16);
    assertThat(read.info("x.I64").dtype()).isEqualTo(DType.I64);
    assertThat(Tensors.floats(read.load("transposed"))).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void neverReplacesAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("m.safetensors"), "mine");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("exists already");
    assertThat(file).hasContent("mine");
  }

  @Test
  void aFailureInTheMiddleLeavesNothing() {
    Path file = folder.resolve("n.safetensors");
    TensorSource failing =
        new TensorSource() {
          @Override
          public String origin() {
            return "test";
          }

          @Override
          public Set<String> names() {
            return Set.of("a");
          }

          @Override
          public TensorInfo info(String name) {
            return TensorInfo.of(DType.F32, 2);
          }

          @Override
          public Tensor load(String name) {
            throw new CheckpointException("gone");
          }
        };
    assertThatThrownBy(() -> SafetensorsWriter.write(file, failing, null, Map.of()))
        .hasMessage("gone");
    assertThat(folder).isEmptyDirectory();
    assertThatThrownBy(() -> SafetensorsWriter.write(folder.resolve("no/m"), tensors(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot write");
  }
}

package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * The law of every reader of tensors: all that a file lists can be read, or the file is refused.
 */
final class FuzzedFile {
  /** Mappings go with the garbage, of which these small files make too little to be collected. */
  private static final int FILES_A_COLLECTION = 2000;

  private static final Path FOLDER = folder();

  private static int files;

  private FuzzedFile() {}

  static void check(byte[] bytes, Function<Path, TensorSource> reader) {
    if (++files % FILES_A_COLLECTION == 0) {
      System.gc();
    }
    Path file = write(bytes);
    try {
      readAll(reader.apply(file), bytes.length);
    } catch (CheckpointException e) {
      assertThat(e).hasMessageContaining(file.toString());
    } finally {
      delete(file);
    }
  }

  private static void readAll(TensorSource source, int fileBytes) {
    for (String name : source.names()) {
      TensorInfo info = source.info(name);
      assertThat(info.bytes()).isBetween(0L, (long) fileBytes);
      try (Scope scope = Scope.open()) {
        Tensor tensor = source.load(name);
        assertThat(DType.of(tensor)).isEqualTo(info.dtype());
        assertThat(Tensors.shape(tensor)).containsExactly(info.dimensions());
        assertThat(Tensors.floats(tensor).length).isEqualTo((int) info.elements());
      }
    }
  }

  private static Path folder() {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path write(byte[] bytes) {
    try {
      return Files.write(FOLDER.resolve("file" + files), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package org.spiritlm.langchain4j;

import dev.langchain4j.data.audio.Audio;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.spiritlm.LoadOptions;
import org.spiritlm.SpiritLm;
import org.spiritlm.torch.DType;

/** A model of the parity set, and a recording. */
final class Toy {
  private static final Path PARITY = Path.of("..", "core", "src", "test", "resources", "parity");

  static final Path CHECKPOINTS = PARITY.resolve("checkpoints");
  static final Path RECORDING = PARITY.resolve("audio").resolve("chirp.wav").toAbsolutePath();

  /** In float32. */
  static final SpiritLm MODEL =
      SpiritLm.load(
          CHECKPOINTS, LoadOptions.standard().withVariant("expressive").withDtype(DType.F32));

  private Toy() {}

  static Audio recording() {
    try {
      return Audio.builder().binaryData(Files.readAllBytes(RECORDING)).build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

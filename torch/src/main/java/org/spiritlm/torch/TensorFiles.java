package org.spiritlm.torch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens weights in whatever form they lie in a model's directory. */
public final class TensorFiles {
  /** In the order of preference that Hugging Face has. */
  private static final List<String> NAMES =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private TensorFiles() {}

  /**
   * Opens a file by its ending ({@code .safetensors}, {@code .index.json}, else what {@code
   * torch.save} wrote), or the weights in a Hugging Face directory.
   *
   * @throws CheckpointException if there are none or they are damaged
   */
  public static TensorSource open(Path path) {
    if (Files.isDirectory(path)) {
      for (String name : NAMES) {
        if (Files.exists(path.resolve(name))) {
          return open(path.resolve(name));
        }
      }
      throw new CheckpointException(
          path + ": has no weights; expected one of " + String.join(", ", NAMES));
    }
    String name = path.toString();
    if (name.endsWith(".index.json")) {
      return ShardedWeights.open(path);
    }
    return name.endsWith(".safetensors") ? SafetensorsFile.open(path) : PickleFile.open(path);
  }
}

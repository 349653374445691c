package org.spiritlm.torch;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens weights in whatever form they lie in a model's directory. */
public final class TensorFiles {
  private static final String SAFE = "model.safetensors";

  /** In the order of preference that Hugging Face has. */
  private static final List<String> NAMES =
      List.of(SAFE, SAFE + ".index.json", "pytorch_model.bin", "pytorch_model.bin.index.json");

  private TensorFiles() {}

  /**
   * Opens a file by its ending ({@code .safetensors}, {@code .index.json}, else what {@code
   * torch.save} wrote), or the weights in a Hugging Face directory.
   *
   * @throws CheckpointException if there are none or they are damaged
   */
  public static TensorSource open(Path path) {
    if (Files.isDirectory(path)) {
      return open(inDirectory(path));
    }
    String name = path.toString();
    if (name.endsWith(".index.json")) {
      return ShardedWeights.open(path);
    }
    return name.endsWith(".safetensors") ? SafetensorsFile.open(path) : PickleFile.open(path);
  }

  /**
   * Whether the weights in a Hugging Face directory are what {@code torch.save} wrote.
   *
   * @throws CheckpointException if there are none
   */
  public static boolean arePickled(Path directory) {
    return !inDirectory(directory).getFileName().toString().startsWith(SAFE);
  }

  private static Path inDirectory(Path directory) {
    for (String name : NAMES) {
      if (Files.exists(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw new CheckpointException(
        directory + ": has no weights; expected one of " + String.join(", ", NAMES));
  }
}

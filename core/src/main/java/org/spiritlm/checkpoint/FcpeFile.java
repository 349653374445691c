package org.spiritlm.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.units.pitch.FcpeConfig;

/**
 * A pitch network with its sizes: safetensors with the sizes as JSON under {@code config} in the
 * metadata, or the {@code .pt} file of the Python package torchfcpe.
 */
record FcpeFile(FcpeConfig config, TensorSource weights) {
  /** Set by the launcher: the directory that holds {@code models}. */
  private static final String HOME = "spiritlm.home";

  static final String NAME = "fcpe.safetensors";

  /** Where it lies beside models. */
  static final String DIRECTORY = "fcpe";

  /** The key of the sizes in the metadata. */
  static final String CONFIG = "config";

  private static final Path BUNDLED = Path.of("models", DIRECTORY, NAME);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> PLAIN = new TypeReference<>() {};

  /**
   * Opens a file.
   *
   * @throws CheckpointException if it is missing, damaged, or of another network
   */
  static FcpeFile open(Path path) {
    if (path.toString().endsWith(".safetensors")) {
      SafetensorsFile file = SafetensorsFile.open(path);
      String sizes = file.metadata().get(CONFIG);
      if (sizes == null) {
        throw new CheckpointException(
            path
                + ": has no '"
                + CONFIG
                + "' in its metadata; it is no pitch network of this form");
      }
      try {
        ConfigFile config = ConfigFile.of(path + ": config", MAPPER.readValue(sizes, PLAIN));
        return new FcpeFile(FcpeConfig.of(config), file);
      } catch (JsonProcessingException e) {
        throw new CheckpointException(path + ": 'config' in its metadata is not JSON", e);
      }
    }
    PickleFile file = PickleFile.open(path);
    ConfigFile config = ConfigFile.of(path.toString(), file.values()).below("config_dict");
    return new FcpeFile(FcpeConfig.of(config), new RenamedSource(file.at("model"), name -> name));
  }

  /**
   * The released network that comes with this product.
   *
   * @throws CheckpointException if it is not where it should be
   */
  static FcpeFile bundled() {
    return open(bundledPath());
  }

  static Path bundledPath() {
    String home = System.getProperty(HOME);
    if (home != null) {
      return Path.of(home).resolve(BUNDLED);
    }
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve(BUNDLED))) {
        return folder.resolve(BUNDLED);
      }
    }
    throw new CheckpointException(
        BUNDLED
            + ": not found in or above "
            + start
            + "; set -D"
            + HOME
            + " to the directory that holds 'models'");
  }
}

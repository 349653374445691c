package org.spiritlm.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.spiritlm.torch.SafetensorsFile;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;

/** The parity set of the module core: small models, audio, and what the reference made of it. */
final class Parity {
  private static final Path ROOT = Path.of("..", "core", "src", "test", "resources", "parity");

  private Parity() {}

  /** A recording's path. */
  static String audio(String name) {
    return ROOT.resolve("audio").resolve(name).toString();
  }

  /** The two models, in Meta's layout. */
  static String checkpoints() {
    return ROOT.resolve("checkpoints").toString();
  }

  /** What the reference made. */
  static JsonNode golden(String name) throws IOException {
    return new ObjectMapper().readTree(ROOT.resolve("goldens").resolve(name + ".json").toFile());
  }

  /** An array of a golden, to which {@code {"array": …}} points. */
  static float[] array(String golden, JsonNode pointer) {
    Path file = ROOT.resolve("goldens").resolve(golden + ".safetensors");
    try (Scope scope = Scope.open()) {
      return Tensors.floats(SafetensorsFile.open(file).load(pointer.get("array").asText()));
    }
  }

  /** Runs a command with one of the two models. */
  static Run run(String variant, String... args) {
    return Run.of(words(variant, args));
  }

  /** A command with the options that choose one of the two models. */
  static String[] words(String variant, String... args) {
    List<String> model =
        List.of(
            "--model", checkpoints(), "--variant", variant, "--device", "cpu", "--dtype", "fp32");
    return Stream.concat(Arrays.stream(args), model.stream()).toArray(String[]::new);
  }
}

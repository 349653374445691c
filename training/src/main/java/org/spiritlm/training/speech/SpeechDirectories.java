package org.spiritlm.training.speech;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.audio.Audio;
import org.spiritlm.json.Json;
import org.spiritlm.torch.SafetensorsWriter;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/** Writes trained speech models as {@code transformers} reads them. */
final class SpeechDirectories {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final Map<String, String> FORMAT = Map.of("format", "pt");
  private static final String MASK = "masked_spec_embed";

  /** Share of frames that are masked in training, the default of {@code transformers}. */
  private static final double MASKED = 0.05;

  private SpeechDirectories() {}

  /**
   * Writes configuration, weights, and what is done with waveforms before the network: nothing.
   *
   * @throws org.spiritlm.torch.InputException if there are weights already
   */
  static void write(
      Path directory, ObjectNode config, Wav2Vec2Config encoder, Map<String, Tensor> weights) {
    boolean masks = weights.keySet().stream().anyMatch(name -> name.endsWith(MASK));
    config.put("mask_time_prob", masks ? MASKED : 0);
    ObjectNode features = Json.object();
    features.put("feature_extractor_type", "Wav2Vec2FeatureExtractor");
    features.put("feature_size", 1).put("sampling_rate", Audio.SPEECH_RATE);
    features.put("do_normalize", false);
    features.put("padding_side", "right").put("padding_value", 0.0);
    features.put("return_attention_mask", encoder.featureNorm() == FeatureNorm.LAYER);
    try {
      Files.createDirectories(directory);
      SafetensorsWriter.write(directory.resolve("model.safetensors"), weights, FORMAT);
      json(directory.resolve("preprocessor_config.json"), features);
      json(directory.resolve("config.json"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The tensors below a path, by their names from there. */
  static Map<String, Tensor> below(String path, Map<String, Tensor> weights) {
    String prefix = path + ".";
    Map<String, Tensor> below = new LinkedHashMap<>();
    weights.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            below.put(name.substring(prefix.length()), tensor);
          }
        });
    return below;
  }

  /** Writes an object for people and programs. */
  static void json(Path file, ObjectNode json) {
    try {
      Files.writeString(file, MAPPER.writeValueAsString(json) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

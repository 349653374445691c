package org.spiritlm.units.style;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * What {@code style/config.json} says, in the terms of Hugging Face's {@code
 * Wav2Vec2ForSequenceClassification}.
 *
 * @param encoder the network
 * @param projection width between encoder and classifier ({@code classifier_proj_size})
 * @param names the classes ({@code id2label}), and what they are called
 */
public record StyleConfig(Wav2Vec2Config encoder, int projection, StyleNames names) {
  private static final int DEFAULT_PROJECTION = 256;
  private static final int DEFAULT_STYLES = 2;

  /**
   * Reads a Hugging Face {@code config.json}; absent keys have the library's defaults.
   *
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static StyleConfig read(ConfigFile file) {
    if (file.flag("use_weighted_layer_sum", false)) {
      throw file.wrong("use_weighted_layer_sum", "false: this variant is not built here");
    }
    return new StyleConfig(
        Wav2Vec2Config.read(file),
        file.positive("classifier_proj_size", DEFAULT_PROJECTION),
        StyleNames.read(file, DEFAULT_STYLES));
  }

  /** The same with other classes. */
  public StyleConfig withNames(StyleNames classes) {
    return new StyleConfig(encoder, projection, classes);
  }

  /** Number of classes. */
  public int styles() {
    return names.count();
  }

  /** The {@code config.json} that {@link #read} and {@code transformers} read. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("Wav2Vec2ForSequenceClassification");
    json.put("model_type", "wav2vec2");
    encoder.write(json);
    json.put("classifier_proj_size", projection);
    names.write(json);
    return json;
  }
}

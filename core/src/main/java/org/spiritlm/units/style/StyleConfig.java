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
 * @param styles number of classes ({@code id2label})
 */
public record StyleConfig(Wav2Vec2Config encoder, int projection, int styles) {
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
    int styles =
        file.has("id2label")
            ? file.node("id2label").size()
            : file.positive("num_labels", DEFAULT_STYLES);
    if (styles < 1) {
      throw file.wrong("id2label", "an object with one entry for each class");
    }
    return new StyleConfig(
        Wav2Vec2Config.read(file),
        file.positive("classifier_proj_size", DEFAULT_PROJECTION),
        styles);
  }

  /** The {@code config.json} that {@link #read} and {@code transformers} read. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("Wav2Vec2ForSequenceClassification");
    json.put("model_type", "wav2vec2");
    encoder.write(json);
    json.put("classifier_proj_size", projection);
    ObjectNode names = json.putObject("id2label");
    ObjectNode ids = json.putObject("label2id");
    for (int i = 0; i < styles; i++) {
      names.put(Integer.toString(i), "LABEL_" + i);
      ids.put("LABEL_" + i, i);
    }
    return json;
  }
}

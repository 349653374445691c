package org.spiritlm.units.hubert;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * What {@code hubert/config.json} says: the {@code HubertModel} of Hugging Face, and two keys of
 * our own that {@code transformers} passes over.
 *
 * @param encoder the network
 * @param layer the block, counted from 1, whose output is quantized ({@code spiritlm_layer}), or
 *     null for the model's last hidden state
 * @param normalize whether the waveform is brought to mean 0 and variance 1 first ({@code
 *     spiritlm_normalize})
 */
public record HubertConfig(Wav2Vec2Config encoder, @Nullable Integer layer, boolean normalize) {
  private static final String LAYER = "spiritlm_layer";
  private static final String NORMALIZE = "spiritlm_normalize";

  /**
   * Reads a Hugging Face {@code config.json}, ours or another's.
   *
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static HubertConfig read(ConfigFile file) {
    Wav2Vec2Config encoder = Wav2Vec2Config.read(file);
    Integer layer = file.has(LAYER) ? file.positive(LAYER) : null;
    if (layer != null && layer > encoder.layers()) {
      throw file.wrong(LAYER, "at most 'num_hidden_layers' (" + encoder.layers() + ")");
    }
    return new HubertConfig(encoder, layer, file.flag(NORMALIZE, false));
  }

  /** The {@code config.json} that {@link #read} and {@code transformers} read. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("HubertModel");
    json.put("model_type", "hubert");
    encoder.write(json);
    if (layer != null) {
      json.put(LAYER, layer);
    }
    json.put(NORMALIZE, normalize);
    return json;
  }
}

package org.spiritlm.alignment;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * What a {@code config.json} of Hugging Face's {@code Wav2Vec2ForCTC} or {@code HubertForCTC} says.
 *
 * @param family the network, {@code wav2vec2} or {@code hubert} ({@code model_type})
 * @param encoder sizes of the network
 * @param labels number of labels V ({@code vocab_size})
 * @param padding the padding label, which is the blank ({@code pad_token_id})
 * @param margins how words lie around their letters; {@code transformers} does not read them
 */
public record CtcConfig(
    Family family, Wav2Vec2Config encoder, int labels, int padding, WordMargins margins) {
  private static final int DEFAULT_LABELS = 32;

  /** The networks with a CTC head; they differ in names alone. */
  public enum Family {
    WAV2VEC2("wav2vec2", "Wav2Vec2ForCTC"),
    HUBERT("hubert", "HubertForCTC");

    private final String key;
    private final String architecture;

    Family(String key, String architecture) {
      this.key = key;
      this.architecture = architecture;
    }

    /** The name in {@code model_type}, and the path of the encoder's tensors. */
    public String key() {
      return key;
    }
  }

  /**
   * Reads a Hugging Face {@code config.json}; absent keys have the library's defaults.
   *
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static CtcConfig read(ConfigFile file) {
    Family family = family(file);
    if (file.has("adapter_attn_dim")) {
      throw file.wrong("adapter_attn_dim", "absent: adapters of languages are not built here");
    }
    int labels = file.positive("vocab_size", DEFAULT_LABELS);
    int padding = file.integer("pad_token_id", 0);
    if (padding < 0 || padding >= labels) {
      throw file.wrong("pad_token_id", "a label, from 0 to " + (labels - 1));
    }
    return new CtcConfig(
        family, Wav2Vec2Config.read(file), labels, padding, WordMargins.read(file));
  }

  private static Family family(ConfigFile file) {
    String found = file.text("model_type");
    for (Family family : Family.values()) {
      if (family.key.equals(found)) {
        return family;
      }
    }
    throw file.wrong("model_type", "\"wav2vec2\" or \"hubert\", whose CTC models align");
  }

  /** The {@code config.json} that {@link #read} and {@code transformers} read. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add(family.architecture);
    json.put("model_type", family.key);
    encoder.write(json);
    json.put("vocab_size", labels);
    json.put("pad_token_id", padding);
    margins.write(json);
    return json;
  }
}

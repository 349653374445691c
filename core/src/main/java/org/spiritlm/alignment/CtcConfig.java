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
 * @param labelsPerFrame labels one after another that each frame is asked for, where speech has
 *     more letters than the encoder has frames ({@code labels_per_frame}; {@code transformers}
 *     knows 1 alone)
 * @param padding the padding label, which is the blank ({@code pad_token_id})
 * @param margins how words lie around their letters; {@code transformers} does not read them
 */
public record CtcConfig(
    Family family,
    Wav2Vec2Config encoder,
    int labels,
    int labelsPerFrame,
    int padding,
    WordMargins margins) {
  private static final int DEFAULT_LABELS = 32;
  private static final String LABELS_PER_FRAME = "labels_per_frame";
  private static final int MOST_PER_FRAME = 8;

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
    int each = file.positive(LABELS_PER_FRAME, 1);
    if (each > MOST_PER_FRAME) {
      throw file.wrong(LABELS_PER_FRAME, "at most " + MOST_PER_FRAME);
    }
    return new CtcConfig(
        family, Wav2Vec2Config.read(file), labels, each, padding, WordMargins.read(file));
  }

  /** How many labels so many samples at 16 kHz are asked for. */
  public long steps(long samples) {
    return encoder.frames(samples) * labelsPerFrame;
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
    if (labelsPerFrame > 1) {
      json.put(LABELS_PER_FRAME, labelsPerFrame);
    }
    json.put("pad_token_id", padding);
    margins.write(json);
    return json;
  }
}

package org.spiritlm.lm;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.spiritlm.torch.ConfigFile;

/**
 * Sizes and variants of a Llama model, in the terms of Hugging Face's {@code LlamaForCausalLM}.
 *
 * @param vocabulary rows of the embedding V ({@code vocab_size})
 * @param width the model's width D ({@code hidden_size})
 * @param layers number of blocks ({@code num_hidden_layers})
 * @param heads query heads H ({@code num_attention_heads})
 * @param keyValueHeads key and value heads K, a divisor of the query heads ({@code
 *     num_key_value_heads})
 * @param headWidth width of a head d ({@code head_dim})
 * @param feedForward inner width of a block's feed-forward part F ({@code intermediate_size})
 * @param epsilon added to the mean square in norms ({@code rms_norm_eps})
 * @param ropeBase base of the rotary frequencies ({@code rope_theta}); SPIRIT LM trains with
 *     100,000
 * @param ropeScaling how these are stretched
 * @param context most positions of a sequence ({@code max_position_embeddings})
 * @param tied whether the output uses the embedding's table ({@code tie_word_embeddings})
 * @param attentionBias whether the four projections of attention have a bias ({@code
 *     attention_bias})
 * @param feedForwardBias whether the three of the feed-forward part have one ({@code mlp_bias})
 */
public record LlamaConfig(
    int vocabulary,
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int headWidth,
    int feedForward,
    double epsilon,
    double ropeBase,
    RopeScaling ropeScaling,
    int context,
    boolean tied,
    boolean attentionBias,
    boolean feedForwardBias) {
  /** Base of the rotary frequencies where a file names none (Llama 1 and 2). */
  private static final double ROPE_BASE = 10_000;

  private static final long SMALL = 32_000_000;

  private static final String ARCHITECTURE = "LlamaForCausalLM";

  /**
   * Reads a Hugging Face {@code config.json}; absent keys have the library's defaults.
   *
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static LlamaConfig read(ConfigFile file) {
    if (!file.text("model_type", "llama").equals("llama")) {
      throw file.wrong("model_type", "\"llama\", the only kind of language model built here");
    }
    if (!file.text("hidden_act", "silu").equals("silu")) {
      throw file.wrong("hidden_act", "\"silu\", the only one that is built here");
    }
    int width = file.positive("hidden_size");
    int heads = file.positive("num_attention_heads");
    int keyValueHeads = file.positive("num_key_value_heads", heads);
    if (heads % keyValueHeads != 0) {
      throw file.wrong("num_key_value_heads", "a divisor of 'num_attention_heads' (" + heads + ")");
    }
    if (!file.has("head_dim") && width % heads != 0) {
      throw file.wrong("num_attention_heads", "a divisor of 'hidden_size' (" + width + ")");
    }
    int headWidth = file.positive("head_dim", width / heads);
    if (headWidth % 2 != 0) {
      throw file.wrong("head_dim", "an even number");
    }
    return new LlamaConfig(
        file.positive("vocab_size"),
        width,
        file.positive("num_hidden_layers"),
        heads,
        keyValueHeads,
        headWidth,
        file.positive("intermediate_size"),
        file.number("rms_norm_eps", 1e-6),
        ropeBase(file),
        RopeScaling.read(file),
        file.positive("max_position_embeddings", 2048),
        file.flag("tie_word_embeddings", false),
        file.flag("attention_bias", false),
        file.flag("mlp_bias", false));
  }

  private static double ropeBase(ConfigFile file) {
    ConfigFile scaled = RopeScaling.values(file);
    ConfigFile values = scaled.has("rope_theta") ? scaled : file;
    double base = values.number("rope_theta", ROPE_BASE);
    if (!(base > 1) || Double.isInfinite(base)) {
      throw values.wrong("rope_theta", "a number above 1");
    }
    return base;
  }

  /** The keys of {@code config.json} that describe the network. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add(ARCHITECTURE);
    json.put("model_type", "llama");
    json.put("vocab_size", vocabulary);
    json.put("hidden_size", width);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("num_key_value_heads", keyValueHeads);
    json.put("head_dim", headWidth);
    json.put("intermediate_size", feedForward);
    json.put("hidden_act", "silu");
    json.put("rms_norm_eps", epsilon);
    json.put("rope_theta", ropeBase);
    ropeScaling.write(json);
    json.put("max_position_embeddings", context);
    json.put("tie_word_embeddings", tied);
    json.put("attention_bias", attentionBias);
    json.put("mlp_bias", feedForwardBias);
    return json;
  }

  /**
   * Whether a step of a few tokens takes no more than a few milliseconds: there are fewer than 32
   * million weights between a token's vector and its logits.
   */
  public boolean isSmall() {
    long attention = 2L * width * headWidth * (heads + keyValueHeads);
    long weights = layers * (attention + 3L * width * feedForward) + (long) vocabulary * width;
    return weights < SMALL;
  }

  /** The same for another vocabulary. */
  public LlamaConfig withVocabulary(int size) {
    return with(size, ropeBase);
  }

  /** The same with another base of the rotary frequencies. */
  public LlamaConfig withRopeBase(double base) {
    return with(vocabulary, base);
  }

  private LlamaConfig with(int size, double base) {
    return new LlamaConfig(
        size,
        width,
        layers,
        heads,
        keyValueHeads,
        headWidth,
        feedForward,
        epsilon,
        base,
        ropeScaling,
        context,
        tied,
        attentionBias,
        feedForwardBias);
  }
}

package org.spiritlm.units.hubert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorMap;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/**
 * HuBERT as fairseq saves it, and so Meta's {@code mhubert_base_25hz.pt}: its configuration and
 * tensor names in the terms of Hugging Face.
 */
public final class FairseqHubert {
  /** The block, counted from 1, that SPIRIT LM's quantizer was trained on. */
  public static final int SPIRITLM_LAYER = 11;

  private static final String GELU = "gelu";

  private static final Pattern CONVOLUTION =
      Pattern.compile("feature_extractor\\.conv_layers\\.(\\d+)\\.(0|2|2\\.1)\\.(weight|bias)");

  private static final String PROJECTION = "feature_projection.projection.";

  /** Beginnings of names, theirs and ours. */
  private static final Map<String, String> PREFIXES =
      Map.of(
          "layer_norm.", "feature_projection.layer_norm.",
          "post_extract_proj.", PROJECTION,
          "encoder.pos_conv.0.", "encoder.pos_conv_embed.conv.");

  /** Parts of the names below {@code encoder.layers.I}, theirs and ours. */
  private static final Map<String, String> BLOCK =
      Map.of(
          ".self_attn.", ".attention.",
          ".self_attn_layer_norm.", ".layer_norm.",
          ".fc1.", ".feed_forward.intermediate_dense.",
          ".fc2.", ".feed_forward.output_dense.");

  private FairseqHubert() {}

  /**
   * The configuration from the plain part of the checkpoint.
   *
   * @param model {@code model_cfg}
   * @param task {@code task_cfg}; {@code normalize} is read from it. Differs from the reference:
   *     there it fails when true, here the waveform is normalised as fairseq's training did.
   * @param layer the block whose output is wanted, counted from 1
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static HubertConfig configuration(ConfigFile model, ConfigFile task, int layer) {
    if (!model.text("activation_fn", GELU).equals(GELU)) {
      throw model.wrong("activation_fn", "\"gelu\", the only one that is built here");
    }
    if (!model.text("layer_type", "transformer").equals("transformer")) {
      throw model.wrong("layer_type", "\"transformer\", the only one that is built here");
    }
    if (model.flag("conv_pos_batch_norm", false)) {
      throw model.wrong("conv_pos_batch_norm", "false: this variant is not built here");
    }
    if (model.integer("pos_conv_depth", 1) != 1) {
      throw model.wrong("pos_conv_depth", "1: deeper ones are not built here");
    }
    Wav2Vec2Config base = Wav2Vec2Config.BASE;
    Wav2Vec2Config encoder =
        new Wav2Vec2Config(
            convolutions(model),
            model.flag("conv_bias", base.convolutionBias()),
            featureNorm(model),
            true,
            model.positive("encoder_embed_dim", base.width()),
            model.positive("encoder_layers", base.layers()),
            model.positive("encoder_attention_heads", base.heads()),
            model.positive("encoder_ffn_embed_dim", base.feedForward()),
            model.positive("conv_pos", base.positionKernel()),
            model.positive("conv_pos_groups", base.positionGroups()),
            model.flag("layer_norm_first", base.preNorm()),
            base.epsilon());
    encoder.check(model, "encoder_embed_dim", "encoder_attention_heads", "conv_pos_groups");
    if (encoder.layers() < layer) {
      throw model.wrong("encoder_layers", "at least " + layer + ", the layer that is quantized");
    }
    return new HubertConfig(encoder, layer, task.flag("normalize", false));
  }

  private static List<ConvolutionLayer> convolutions(ConfigFile model) {
    String key = "conv_feature_layers";
    if (!model.has(key)) {
      return Wav2Vec2Config.BASE.convolutions();
    }
    try {
      return ConvolutionExpression.parse(model.text(key));
    } catch (IllegalArgumentException e) {
      throw model.wrong(key, "a list of (channels, kernel, stride), " + e.getMessage());
    }
  }

  private static FeatureNorm featureNorm(ConfigFile model) {
    return switch (model.text("extractor_mode", "default")) {
      case "default" -> FeatureNorm.GROUP;
      case "layer_norm" -> FeatureNorm.LAYER;
      default -> throw model.wrong("extractor_mode", "\"default\" or \"layer_norm\"");
    };
  }

  /**
   * The tensors below {@code model_weight} under the names of Hugging Face. Where the convolutions
   * are as wide as the transformer, fairseq has no projection between them; then it is the identity
   * here.
   */
  public static TensorSource tensors(TensorSource checkpoint, HubertConfig config) {
    TensorSource renamed = new RenamedSource(checkpoint, FairseqHubert::name);
    List<ConvolutionLayer> convolutions = config.encoder().convolutions();
    int width = config.encoder().width();
    if (renamed.names().contains(PROJECTION + "weight")
        || convolutions.get(convolutions.size() - 1).channels() != width) {
      return renamed;
    }
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      renamed.names().forEach(name -> tensors.put(name, renamed.load(name)));
      tensors.put(PROJECTION + "weight", Scope.detach(torch.eye(width)));
      tensors.put(PROJECTION + "bias", Scope.detach(torch.zeros(width)));
      return new TensorMap(checkpoint.origin(), tensors);
    }
  }

  /**
   * Hugging Face's name of a fairseq tensor, or null for what only pretraining needs (label
   * embeddings, final projection). Names that fairseq's HuBERT does not have stay as they are.
   */
  public static @Nullable String name(String name) {
    if (name.equals("label_embs_concat") || name.startsWith("final_proj.")) {
      return null;
    }
    if (name.equals("mask_emb")) {
      return "masked_spec_embed";
    }
    Matcher convolution = CONVOLUTION.matcher(name);
    if (convolution.matches()) {
      return "feature_extractor.conv_layers."
          + convolution.group(1)
          + (convolution.group(2).equals("0") ? ".conv." : ".layer_norm.")
          + convolution.group(3);
    }
    Map<String, String> table = name.startsWith("encoder.layers.") ? BLOCK : PREFIXES;
    for (Map.Entry<String, String> entry : table.entrySet()) {
      boolean found =
          table == BLOCK ? name.contains(entry.getKey()) : name.startsWith(entry.getKey());
      if (found) {
        return name.replace(entry.getKey(), entry.getValue());
      }
    }
    return name;
  }
}

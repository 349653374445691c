package org.spiritlm.units.hubert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorMap;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

class FairseqHubertTest {
  private static final ConfigFile NO_TASK = ConfigFile.of("task_cfg", Map.of());

  @ParameterizedTest
  @CsvSource({
    "feature_extractor.conv_layers.3.0.weight, feature_extractor.conv_layers.3.conv.weight",
    "feature_extractor.conv_layers.3.0.bias, feature_extractor.conv_layers.3.conv.bias",
    "feature_extractor.conv_layers.0.2.weight, feature_extractor.conv_layers.0.layer_norm.weight",
    "feature_extractor.conv_layers.4.2.1.bias, feature_extractor.conv_layers.4.layer_norm.bias",
    "layer_norm.weight, feature_projection.layer_norm.weight",
    "post_extract_proj.bias, feature_projection.projection.bias",
    "encoder.pos_conv.0.weight_g, encoder.pos_conv_embed.conv.weight_g",
    "encoder.layer_norm.bias, encoder.layer_norm.bias",
    "encoder.layers.10.self_attn.q_proj.weight, encoder.layers.10.attention.q_proj.weight",
    "encoder.layers.1.self_attn_layer_norm.bias, encoder.layers.1.layer_norm.bias",
    "encoder.layers.1.fc1.weight, encoder.layers.1.feed_forward.intermediate_dense.weight",
    "encoder.layers.1.fc2.bias, encoder.layers.1.feed_forward.output_dense.bias",
    "encoder.layers.1.final_layer_norm.bias, encoder.layers.1.final_layer_norm.bias",
    "mask_emb, masked_spec_embed",
    "something.else, something.else",
    "label_embs_concat,",
    "final_proj.weight,"
  })
  void mapsNames(String theirs, String ours) {
    assertThat(FairseqHubert.name(theirs)).isEqualTo(ours);
  }

  @Test
  void readsTheConfiguration() {
    HubertConfig config =
        FairseqHubert.configuration(
            ConfigFile.of(
                "model_cfg",
                Map.of(
                    "conv_feature_layers",
                    "[(8,4,2)] * 2",
                    "extractor_mode",
                    "layer_norm",
                    "layer_norm_first",
                    true,
                    "encoder_embed_dim",
                    32,
                    "conv_pos_groups",
                    8,
                    "encoder_attention_heads",
                    4)),
            ConfigFile.of("task_cfg", Map.of("normalize", true)),
            3);

    assertThat(config.layer()).isEqualTo(3);
    assertThat(config.normalize()).isTrue();
    Wav2Vec2Config encoder = config.encoder();
    assertThat(encoder.stride()).isEqualTo(4);
    assertThat(encoder.receptiveField()).isEqualTo(10);
    assertThat(encoder.featureNorm()).isEqualTo(FeatureNorm.LAYER);
    assertThat(encoder.preNorm()).isTrue();
    assertThat(encoder.layers()).isEqualTo(Wav2Vec2Config.BASE.layers());
  }

  @Test
  void refusesWhatIsNotBuiltAndWhatDoesNotFit() {
    refused(Map.of("activation_fn", "relu"), "activation_fn");
    refused(Map.of("extractor_mode", "batch"), "extractor_mode");
    refused(Map.of("layer_type", "conformer"), "layer_type");
    refused(Map.of("pos_conv_depth", 5), "pos_conv_depth");
    refused(Map.of("encoder_layers", 2), "encoder_layers");
    refused(Map.of("encoder_attention_heads", 7), "encoder_attention_heads");
    refused(Map.of("conv_feature_layers", "open('x')"), "conv_feature_layers");
  }

  /** fairseq has no projection where both sides have the same width. */
  @Test
  void aMissingProjectionIsTheIdentity() {
    Map<String, Object> sizes =
        Map.of("encoder_embed_dim", 48, "conv_feature_layers", "[(48,4,2)]");
    HubertConfig same = FairseqHubert.configuration(ConfigFile.of("model_cfg", sizes), NO_TASK, 1);
    TensorSource file = new TensorMap("hubert.pt", Map.of());
    Weights weights = Weights.of(FairseqHubert.tensors(file, same));
    try (Scope scope = Scope.open()) {
      Tensor x = Weights.initialise(1).tensor("x", 5, 48);
      assertThat(
              Tensors.floats(
                  new Linear(weights.at("feature_projection", "projection"), 48, 48).forward(x)))
          .isEqualTo(Tensors.floats(x));
    }
    HubertConfig other =
        FairseqHubert.configuration(ConfigFile.of("model_cfg", Map.of()), NO_TASK, 1);
    assertThat(FairseqHubert.tensors(file, other).names()).isEmpty();
  }

  private static void refused(Map<String, ?> model, String key) {
    assertThatThrownBy(
            () -> FairseqHubert.configuration(ConfigFile.of("model_cfg", model), NO_TASK, 11))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model_cfg: '" + key + "' must be");
  }
}

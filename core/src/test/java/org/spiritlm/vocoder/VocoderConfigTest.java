package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.spiritlm.Golden;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

class VocoderConfigTest {
  @Test
  void readsTheReleasedLayout() {
    VocoderConfig base =
        VocoderConfig.read(Golden.path("checkpoints/speech_tokenizer/hifigan_spiritlm_base"));
    assertThat(base.hop()).isEqualTo(640);
    assertThat(base.speakers()).containsExactly("spk00", "spk01", "spk02", "spk03");
    assertThat(base.styles()).hasSize(26).element(base.defaultStyle()).isEqualTo("conv-default");
    assertThat(base.pitch()).isNull();

    VocoderConfig expressive =
        VocoderConfig.read(
            Golden.path("checkpoints/speech_tokenizer/hifigan_spiritlm_expressive_w2v2"));
    assertThat(expressive.pitch()).isEqualTo(new VocoderConfig.Codes(64, 2));
    assertThat(expressive.styleTokens()).isEqualTo(new VocoderConfig.Codes(100, 25));
    assertThat(expressive.styles()).isEmpty();
  }

  @Test
  void aSingleVoiceNeedsNoEmbedding() {
    VocoderConfig config = singleVoice();
    assertThat(config.speakers()).isEmpty();
    assertThat(config.inputs()).isEqualTo(6);
  }

  /** The released models' ninth style is plain; of fewer, it is known by its name. */
  @Test
  void speaksPlainlyWhereNoStyleIsAskedFor() {
    assertThat(styled("angry", "default", "neutral").defaultStyle()).isEqualTo(2);
    assertThat(styled("angry", "default").defaultStyle()).isEqualTo(1);
    assertThat(styled("angry", "sad").defaultStyle()).isZero();
  }

  private static VocoderConfig styled(String... styles) {
    Map<String, Object> changed = Map.of("num_styles", styles.length);
    return VocoderConfig.read(
        ConfigFile.of("test", Vocoders.with(Vocoders.BASE, changed, "multispkr")),
        List.of(),
        List.of(styles));
  }

  private static VocoderConfig singleVoice() {
    return VocoderConfig.read(
        ConfigFile.of("test", Vocoders.with(Vocoders.BASE, Map.of(), "multispkr", "multistyle")),
        List.of(),
        List.of());
  }

  @Test
  void whatItWritesItReads() {
    for (VocoderConfig config :
        List.of(
            VocoderConfig.read(Golden.path("checkpoints/speech_tokenizer/hifigan_spiritlm_base")),
            VocoderConfig.read(
                Golden.path("checkpoints/speech_tokenizer/hifigan_spiritlm_expressive_w2v2")),
            Vocoders.config(SourceFilterTest.VALUES),
            singleVoice())) {
      ConfigFile written = ConfigFile.parse("test", config.json().toString());
      assertThat(VocoderConfig.read(written, config.speakers(), config.styles())).isEqualTo(config);
    }
  }

  @Test
  void wrongValuesAreNamed() {
    refused(Map.of("resblock", "2"), "'resblock'");
    refused(Map.of("source_filter", Map.of("hop", 20, "bands", 5)), "'code_hop_size'", "160");
    refused(
        Map.of("code_hop_size", 160, "source_filter", Map.of("hop", 20, "bands", 5)),
        "'sampling_rate'",
        "16000");
    refused(Map.of("source_filter", Map.of("hop", 21, "bands", 5)), "'hop'", "even");
    refused(Map.of("source_filter", Map.of("hop", 8002, "bands", 5)), "'hop'", "at most 8000");
    refused(Map.of("source_filter", Map.of("hop", 20, "bands", 1)), "'bands'", "at least 2");
    refused(
        Map.of("source_filter", Map.of("hop", 20, "bands", Integer.MAX_VALUE)),
        "'bands'",
        "at most 4096");
    refused(Map.of("source_filter", 3), "source_filter");
    refused(Map.of("upsample_rates", List.of(4, 4)), "'code_hop_size'", "(16)");
    refused(Map.of("upsample_rates", List.of(8)), "'upsample_kernel_sizes'");
    refused(Map.of("upsample_rates", List.of(99_999, 99_999)), "'upsample_rates'", "at most 65536");
    refused(Map.of("upsample_kernel_sizes", List.of(8, 1)), "'upsample_kernel_sizes'");
    refused(Map.of("upsample_initial_channel", 3), "'upsample_initial_channel'");
    refused(Map.of("resblock_kernel_sizes", List.of(3, 4)), "'resblock_kernel_sizes'", "odd");
    refused(Map.of("resblock_dilation_sizes", List.of(List.of(1))), "'resblock_dilation_sizes'");
    refused(Map.of("resblock_dilation_sizes", List.of(1, 3)), "'resblock_dilation_sizes'");
    refused(
        Map.of("resblock_dilation_sizes", List.of(List.of(1), List.of(0))),
        "'resblock_dilation_sizes'");
    refused(Map.of("model_in_dim", 6), "'model_in_dim'", "18");
    refused(Map.of("num_speakers", 3), "'num_speakers'", "ann");
    refused(Map.of("num_f0_tokens", 5), "'f0_hop_size'");
    refused(Map.of("num_f0_tokens", 5, "f0_hop_size", 2), "'f0_hop_size'");
    refused(
        Map.of(
            "dur_predictor_params",
            Map.of("encoder_embed_dim", 6, "var_pred_hidden_dim", 5, "var_pred_kernel_size", 5)),
        "'var_pred_kernel_size'");
    refused(
        Map.of(
            "dur_predictor_params",
            Map.of("encoder_embed_dim", 7, "var_pred_hidden_dim", 5, "var_pred_kernel_size", 3)),
        "'encoder_embed_dim'");
  }

  private static void refused(Map<String, Object> change, String... parts) {
    assertThatThrownBy(() -> Vocoders.config(Vocoders.with(Vocoders.BASE, change)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(parts);
  }
}

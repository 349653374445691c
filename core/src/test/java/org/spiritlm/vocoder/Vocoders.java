package org.spiritlm.vocoder;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Weights;

/** Small vocoders with weights from a seed. */
final class Vocoders {
  /** A {@code config.json} of two stages: 8 samples a frame. */
  static final Map<String, Object> BASE =
      Map.ofEntries(
          Map.entry("resblock", "1"),
          Map.entry("upsample_rates", List.of(4, 2)),
          Map.entry("upsample_kernel_sizes", List.of(8, 4)),
          Map.entry("upsample_initial_channel", 8),
          Map.entry("resblock_kernel_sizes", List.of(3, 5)),
          Map.entry("resblock_dilation_sizes", List.of(List.of(1, 3), List.of(1, 3))),
          Map.entry("num_embeddings", 20),
          Map.entry("embedding_dim", 6),
          Map.entry("code_hop_size", 8),
          Map.entry("sampling_rate", 200),
          Map.entry("multispkr", "from_input_file"),
          Map.entry("num_speakers", 4),
          Map.entry("multistyle", "from_input_file"),
          Map.entry("num_styles", 3),
          Map.entry(
              "dur_predictor_params",
              Map.of("encoder_embed_dim", 6, "var_pred_hidden_dim", 5, "var_pred_kernel_size", 3)));

  static final Map<String, Object> EXPRESSIVE =
      with(
          BASE,
          Map.of(
              "num_f0_tokens", 9, "f0_hop_size", 16, "num_style_tokens", 7, "style_hop_size", 200),
          "multistyle");

  private Vocoders() {}

  /** The map with some entries replaced and others left out. */
  static Map<String, Object> with(
      Map<String, Object> map, Map<String, Object> entries, String... without) {
    Map<String, Object> changed = new LinkedHashMap<>(map);
    changed.putAll(entries);
    changed.keySet().removeAll(List.of(without));
    return changed;
  }

  static VocoderConfig config(Map<String, Object> values) {
    List<String> styles = new ArrayList<>();
    if (values.containsKey("multistyle")) {
      styles.addAll(List.of("happy", "default"));
    }
    return VocoderConfig.read(
        ConfigFile.of("test", values), List.of("ann", "bob", "eve", "joe"), styles);
  }

  static Vocoder vocoder(Map<String, Object> values, long seed) {
    return new Vocoder(Weights.initialise(seed), config(values));
  }
}

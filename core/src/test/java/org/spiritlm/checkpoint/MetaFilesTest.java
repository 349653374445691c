package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.spiritlm.Golden;
import org.spiritlm.torch.PickleFile;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.Tensors;

/** The files of the released layout, against the values that {@code torch.load} gives. */
class MetaFilesTest {
  @ParameterizedTest
  @CsvSource({
    "speech_tokenizer/hifigan_spiritlm_base/generator.pt, generator, 304,"
        + " resblocks.7.convs1.2.weight_v, F32 8 8 7, 3.129066260124091",
    "speech_tokenizer/hubert_25hz/L11_quantizer_500.pt, model_weight, 6,"
        + " 2.bias, F32 40, -0.03963188687339425",
    "speech_tokenizer/hubert_25hz/mhubert_base_25hz.pt, model_weight, 215,"
        + " encoder.layers.5.fc1.weight, F32 96 48, -9.618825024046146",
    "speech_tokenizer/vqvae_f0_quantizer/model.pt, model, 151,"
        + " decoder.level_blocks.0.model.0.weight, F32 32 128 3, 6.030336422311848",
    "speech_tokenizer/style_encoder_w2v2/pytorch_model.bin, , 72,"
        + " wav2vec2.encoder.layers.1.attention.k_proj.bias, F32 48, -1.1847515886765905",
    "extra/fcpe_tiny/fcpe_tiny.pt, model, 33, net.encoder_layers.0.norm.weight, F32 64,"
        + " 64.77927535772324",
    "spiritlm_model/spirit-lm-base-7b/pytorch_model.bin, , 21,"
        + " model.layers.1.self_attn.q_proj.weight, BF16 64 64, 6.517822802066803",
  })
  void holdTheTensorsThatPyTorchReads(
      String file, String key, int tensors, String name, String type, double sum) {
    PickleFile whole = PickleFile.open(Golden.path("checkpoints/" + file));
    PickleFile dict = key == null ? whole : whole.at(key);
    TensorInfo info = dict.info(name);
    Tensor tensor = dict.load(name);

    assertThat(dict.names()).hasSize(tensors);
    assertThat(info.dtype() + shape(info.shape())).isEqualTo(type);
    assertThat(Tensors.shape(tensor)).containsExactly(info.dimensions());
    double found = 0;
    for (float value : Tensors.floats(tensor)) {
      found += value;
    }
    assertThat(found).isCloseTo(sum, within(1e-9));
  }

  private static String shape(List<Long> shape) {
    StringBuilder text = new StringBuilder();
    shape.forEach(size -> text.append(' ').append(size));
    return text.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "speech_tokenizer/hubert_25hz/mhubert_base_25hz.pt, model_weight, task_cfg, sample_rate, 16000",
    "extra/fcpe_tiny/fcpe_tiny.pt, model, config_dict, mel, "
  })
  void holdThePlainValues(String file, String key, String dict, String name, Integer expected) {
    PickleFile whole = PickleFile.open(Golden.path("checkpoints/" + file));

    assertThat(whole.has(key)).isTrue();
    assertThat(whole.values().get(dict)).isInstanceOf(Map.class);
    Map<?, ?> values = (Map<?, ?>) whole.values().get(dict);
    assertThat(values.containsKey(name)).isTrue();
    if (expected != null) {
      assertThat(values.get(name)).isEqualTo(expected);
    }
  }
}

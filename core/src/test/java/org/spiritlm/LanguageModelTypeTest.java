package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;

/**
 * What a language model computes in depends on its size and the processor, unless it is asked for.
 */
final class LanguageModelTypeTest {
  private static final LlamaConfig SMALL = config(256, 8);
  private static final LlamaConfig LARGE = config(576, 30);

  private static LlamaConfig config(int width, int layers) {
    return LlamaConfig.read(
        ConfigFile.of(
            "test",
            Map.of(
                "architectures",
                List.of("LlamaForCausalLM"),
                "vocab_size",
                1100,
                "hidden_size",
                width,
                "intermediate_size",
                3 * width,
                "num_hidden_layers",
                layers,
                "num_attention_heads",
                4)));
  }

  @Test
  void aSmallModelIsFloat32WhereBfloat16IsSlow() {
    LoadOptions standard = LoadOptions.standard();
    assertThat(Parts.languageModelType(SMALL, standard, false, false)).isEqualTo(DType.F32);
    assertThat(Parts.languageModelType(SMALL, standard, true, false)).isNull();
    assertThat(Parts.languageModelType(LARGE, standard, false, false)).isNull();
  }

  @Test
  void aLargeOneIsWhereItIsPackedInTwoBytesAValue() {
    LoadOptions packed = LoadOptions.standard().withPacked();
    assertThat(Parts.languageModelType(LARGE, packed, false, true)).isEqualTo(DType.F32);
    assertThat(Parts.languageModelType(LARGE, packed, true, true)).isNull();
    assertThat(Parts.languageModelType(LARGE, packed.withDtype(DType.BF16), false, true))
        .isEqualTo(DType.BF16);
  }

  @Test
  void whatIsAskedForIsTaken() {
    LoadOptions asked = LoadOptions.standard().withDtype(DType.BF16);
    assertThat(Parts.languageModelType(SMALL, asked, false, false)).isEqualTo(DType.BF16);
  }
}

package org.spiritlm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.RopeScaling;
import org.spiritlm.torch.DType;

/**
 * What a language model computes in depends on its size and the processor, unless it is asked for.
 */
final class LanguageModelTypeTest {
  private static final LlamaConfig SMALL = config(256, 8);
  private static final LlamaConfig LARGE = config(576, 30);

  private static LlamaConfig config(int width, int layers) {
    return new LlamaConfig(
        1100,
        width,
        layers,
        4,
        4,
        width / 4,
        3 * width,
        1e-5,
        10_000,
        new RopeScaling.None(),
        2048,
        true,
        false,
        false);
  }

  @Test
  void aSmallModelIsFloat32WhereBfloat16IsSlow() {
    LoadOptions standard = LoadOptions.standard();
    assertThat(Parts.languageModelType(SMALL, standard, false)).isEqualTo(DType.F32);
    assertThat(Parts.languageModelType(SMALL, standard, true)).isNull();
    assertThat(Parts.languageModelType(LARGE, standard, false)).isNull();
  }

  @Test
  void whatIsAskedForIsTaken() {
    LoadOptions asked = LoadOptions.standard().withDtype(DType.BF16);
    assertThat(Parts.languageModelType(SMALL, asked, false)).isEqualTo(DType.BF16);
  }
}

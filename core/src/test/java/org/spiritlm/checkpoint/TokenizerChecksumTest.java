package org.spiritlm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.spiritlm.Golden;
import org.spiritlm.torch.DType;

class TokenizerChecksumTest {
  @TempDir Path folder;

  private String checksum(String name, Variant variant, long seed, DType dtype) {
    Path target = folder.resolve(name);
    new FreshModel(Preset.TOY, variant, seed, dtype, null).write(target, step -> {});
    return TokenizerChecksum.of(ModelDirectory.open(target, null));
  }

  @Test
  void itTellsWhatMakesUnitsAndNothingElse() {
    String first = checksum("first", Variant.EXPRESSIVE, 1, DType.F32);
    assertThat(first).matches("[0-9a-f]{64}");
    assertThat(checksum("same", Variant.EXPRESSIVE, 1, DType.F32)).isEqualTo(first);
    assertThat(checksum("other language model", Variant.EXPRESSIVE, 1, DType.BF16))
        .isEqualTo(first);
    assertThat(checksum("other weights", Variant.EXPRESSIVE, 2, DType.F32)).isNotEqualTo(first);
    assertThat(checksum("base", Variant.BASE, 1, DType.F32)).isNotEqualTo(first);
  }

  @Test
  void thatOfUnitsIsOfEachPartAndKnowsNoText() {
    ModelDirectory base = ModelDirectory.open(Golden.path("checkpoints"), "base");
    ModelDirectory expressive = ModelDirectory.open(Golden.path("checkpoints"), "expressive");
    String units = TokenizerChecksum.ofUnits(base);
    assertThat(units).matches("[0-9a-f]{16}");
    assertThat(TokenizerChecksum.ofUnits(expressive))
        .startsWith(units + "-")
        .matches("[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}");
    Path target = folder.resolve("model");
    new FreshModel(Preset.TOY, Variant.BASE, 1, DType.F32, null).write(target, step -> {});
    assertThat(TokenizerChecksum.ofUnits(ModelDirectory.open(target, null)))
        .matches("[0-9a-f]{16}")
        .isNotEqualTo(units);
  }

  @Test
  void modelsInMetasLayoutHaveOneOfTheirFiles() {
    String base = TokenizerChecksum.of(ModelDirectory.open(Golden.path("checkpoints"), "base"));
    assertThat(base)
        .isEqualTo(TokenizerChecksum.of(ModelDirectory.open(Golden.path("checkpoints"), "base")))
        .isNotEqualTo(
            TokenizerChecksum.of(ModelDirectory.open(Golden.path("checkpoints"), "expressive")));
  }
}

package org.spiritlm.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.util.cuda.CudaUtils;
import org.junit.jupiter.api.Test;

/** The tokenizers' library counts no GPUs, and everything is as before afterwards. */
final class NativeTokenizersTest {
  @Test
  void noGpuIsCounted() {
    NativeTokenizers.prepare();
    assertThat(System.getProperty("ai.djl.util.cuda.fork")).isNull();
    assertThat(CudaUtils.hasCuda()).isFalse();
    assertThat(CudaUtils.getGpuCount()).isZero();
  }
}

package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FcpePitchExtractorTest {
  @Test
  void gapsAreFilledOnLinesAndEndsWithTheNearest() {
    float[] hertz = {0, 7, 100, 0, 0, 160, 0};
    FcpePitchExtractor.fill(hertz, new boolean[] {false, false, true, false, false, true, false});
    assertThat(hertz).containsExactly(100, 100, 100, 120, 140, 160, 160);
  }

  @Test
  void oneVoicedFrameFillsEverything() {
    float[] hertz = {0, 120, 0};
    FcpePitchExtractor.fill(hertz, new boolean[] {false, true, false});
    assertThat(hertz).containsExactly(120, 120, 120);
  }

  @Test
  void nothingVoicedIsZeroThroughout() {
    float[] hertz = {0, 49, 0};
    FcpePitchExtractor.fill(hertz, new boolean[3]);
    assertThat(hertz).containsOnly(0);
  }
}

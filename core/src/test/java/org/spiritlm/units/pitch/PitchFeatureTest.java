package org.spiritlm.units.pitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

class PitchFeatureTest {
  private static final PitchContour CONTOUR =
      new PitchContour(new float[] {100, 150, 200}, new boolean[] {true, false, true});

  @Test
  void everyFeatureIsARowOfItsOwn() {
    List<PitchFeature> all =
        PitchFeature.parse(features("f0, f0_interp,norm_f0,norm_f0_interp,vuv"));
    assertThat(PitchFeature.rows(all, CONTOUR))
        .containsExactly(
            100, 100, -50, -50, 1, //
            0, 150, 0, 0, 0, //
            200, 200, 50, 50, 1);
  }

  @Test
  void rowsFollowTheOrderOfTheConfiguration() {
    List<PitchFeature> features = PitchFeature.parse(features("vuv,norm_f0_interp"));
    assertThat(PitchFeature.rows(features, CONTOUR)).containsExactly(1, -50, 0, 0, 1, 50);
  }

  @Test
  void silenceIsZeroAndUnvoiced() {
    PitchContour silence = new PitchContour(new float[3], new boolean[3]);
    List<PitchFeature> features = PitchFeature.parse(features("norm_f0_interp,vuv"));
    assertThat(PitchFeature.rows(features, silence)).containsOnly(0).hasSize(6);
  }

  @Test
  void unknownFeaturesAreNamedBesideTheKnown() {
    assertThatThrownBy(() -> PitchFeature.parse(features("norm_f0,voice")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.yaml")
        .hasMessageContaining("norm_f0,voice")
        .hasMessageContaining("norm_f0_interp");
  }

  private static ConfigFile features(String list) {
    return ConfigFile.of("config.yaml", Map.of("features", list));
  }
}

package org.spiritlm.vocoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

class DurationPredictorTest {
  private final Weights weights = Weights.initialise(1);
  private final DurationPredictor predictor =
      new DurationPredictor(weights, new VocoderConfig.DurationPredictorConfig(4), 3);

  /** A predictor whose answer is its last bias, whatever the units. */
  private int[] durations(double logarithm) {
    try (Scope scope = Scope.open()) {
      weights.tensor("proj.weight", 1, 4).zero_();
      weights.tensor("proj.bias", 1).fill_(Tensors.scalar(logarithm));
      Tensor units = Tensors.of(new float[6], 2, 3);
      return predictor.durations(units);
    }
  }

  @Test
  void framesAreRoundedHalvesToEvenAndAtLeastOne() {
    assertThat(durations(-50)).containsExactly(1, 1);
    assertThat(durations(0)).containsExactly(1, 1);
    assertThat(durations(Math.log(3.4))).containsExactly(2, 2);
    assertThat(durations(Math.log(3.6))).containsExactly(3, 3);
    assertThat(durations(Math.log(11))).containsExactly(10, 10);
  }

  @Test
  void damagedWeightsAreNamed() {
    for (double logarithm : new double[] {20, 1000, Double.NaN}) {
      assertThatThrownBy(() -> durations(logarithm))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("duration predictor");
    }
  }
}

package org.spiritlm.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class FreshTensorsTest {
  /** A model with layers of every kind. */
  private static List<Object> model(Weights weights) {
    return List.of(
        new Linear(weights.at("linear"), 8, 300),
        new Embedding(weights.at("embedding"), 50, 8),
        Normalization.layer(weights.at("norm"), 8, 1e-5),
        new Convolution(weights.at("plain"), Convolution.Shape.of(8, 6, 3)),
        new Convolution(weights.at("normed"), Convolution.Shape.of(400, 6, 3).weightNorm(0)),
        Linear.weightNorm(weights.at("projection"), 400, 6));
  }

  @Test
  void aPlanGivesWhatInitialisingGives() {
    FreshTensors plan = FreshTensors.of(3, FreshTensorsTest::model);
    Weights weights = Weights.initialise(3);
    model(weights);

    assertThat(plan.names()).containsExactlyInAnyOrderElementsOf(weights.taken().keySet());
    weights
        .taken()
        .forEach(
            (name, tensor) -> {
              assertThat(plan.info(name).dimensions()).isEqualTo(Tensors.shape(tensor));
              assertThat(plan.info(name).dtype()).isEqualTo(DType.F32);
              assertThat(Tensors.floats(plan.load(name)))
                  .as(name)
                  .isEqualTo(Tensors.floats(tensor));
            });
    assertThatThrownBy(() -> plan.load("other")).isInstanceOf(CheckpointException.class);
  }

  @Test
  void aTensorFollowsFromItsNameAndTheSeed() {
    FreshTensors one = FreshTensors.of(3, FreshTensorsTest::model);
    FreshTensors alone = FreshTensors.of(3, weights -> new Linear(weights.at("linear"), 8, 300));
    FreshTensors other = FreshTensors.of(4, FreshTensorsTest::model);
    float[] values = Tensors.floats(one.load("linear.weight"));

    assertThat(Tensors.floats(alone.load("linear.weight"))).isEqualTo(values);
    assertThat(Tensors.floats(one.load("linear.weight"))).isEqualTo(values);
    assertThat(Tensors.floats(other.load("linear.weight"))).isNotEqualTo(values);
    assertThat(Tensors.floats(one.load("linear.bias"))).isNotEqualTo(values);
  }

  @Test
  void whatIsPlannedTakesNoMemory() {
    // a tebibyte
    FreshTensors plan = FreshTensors.of(0, weights -> new Embedding(weights, 1L << 28, 1L << 10));

    assertThat(plan.info("weight").bytes()).isEqualTo(1L << 40);
  }

  @Test
  void weightNormLeavesFreshWeightsNearlyAsTheyAre() {
    Weights weights = Weights.initialise(1);
    Tensor folded =
        new Convolution(weights, Convolution.Shape.of(400, 6, 3).weightNorm(0)).weight();
    float[] direction = Tensors.floats(weights.taken().get("weight_v"));
    float[] values = Tensors.floats(folded);

    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isCloseTo(direction[i], within(0.05f * Math.abs(direction[i])));
    }
  }
}

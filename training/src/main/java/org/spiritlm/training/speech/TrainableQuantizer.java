package org.spiritlm.training.speech;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.LinearQuantizer;

/**
 * The three linear layers of {@link LinearQuantizer} as plain operations that carry gradients, with
 * its tensor names and values.
 */
final class TrainableQuantizer {
  private static final double NEGATIVE_SLOPE = 0.01;

  private final Linear first;
  private final Linear second;
  private final Linear third;

  TrainableQuantizer(Weights weights, LinearQuantizer.Config config) {
    this.first = new Linear(weights.at(0), config.width(), config.firstHidden());
    this.second = new Linear(weights.at(2), config.firstHidden(), config.secondHidden());
    this.third = new Linear(weights.at(4), config.secondHidden(), config.units() + 1L);
  }

  /** Scores of the units and of the blank, which is last: [R, D] to [R, V + 1]. */
  Tensor forward(Tensor features) {
    Tensor hidden = activation(first.forward(features));
    return third.forward(activation(second.forward(hidden)));
  }

  private static Tensor activation(Tensor x) {
    return torch.leaky_relu(x, Tensors.scalar(NEGATIVE_SLOPE));
  }
}

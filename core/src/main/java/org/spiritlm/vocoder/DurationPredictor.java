package org.spiritlm.vocoder;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/** How many frames each unit lasts (Lee et al., "Textless Speech-to-Speech Translation", 2022). */
final class DurationPredictor {
  private static final double EPSILON = 1e-5;

  /** Frames of a unit that only damaged weights exceed: ten minutes at 25 Hz. */
  private static final int LONGEST = 15_000;

  private final Convolution first;
  private final Normalization firstNorm;
  private final Convolution second;
  private final Normalization secondNorm;
  private final Linear projection;

  DurationPredictor(Weights weights, VocoderConfig.DurationPredictorConfig config, int embedding) {
    int hidden = config.hidden();
    this.first = new Convolution(weights.at("conv1", 0), same(embedding, hidden));
    this.firstNorm = Normalization.layer(weights.at("ln1"), hidden, EPSILON);
    this.second = new Convolution(weights.at("conv2", 0), same(hidden, hidden));
    this.secondNorm = Normalization.layer(weights.at("ln2"), hidden, EPSILON);
    this.projection = new Linear(weights.at("proj"), hidden, 1);
  }

  private static Convolution.Shape same(int in, int out) {
    int kernel = VocoderConfig.DurationPredictorConfig.KERNEL;
    return Convolution.Shape.of(in, out, kernel).padding(kernel / 2);
  }

  /** Units' embeddings [U, D] to the logarithm of frames + 1, [U]. */
  Tensor forward(Tensor x) {
    Tensor h = torch.relu_(first.forward(x.t().unsqueeze(0))); // [1, C, U]
    h = firstNorm.forward(h.transpose(1, 2)); // [1, U, C]
    h = torch.relu_(second.forward(h.transpose(1, 2))); // [1, C, U]
    h = secondNorm.forward(h.transpose(1, 2)); // [1, U, C]
    return projection.forward(h).flatten(); // [U]
  }

  /**
   * Units' embeddings [U, D] to frames: exp(x) - 1, rounded halves to even, at least 1.
   *
   * @throws CheckpointException if a unit would last longer than any does
   */
  int[] durations(Tensor x) {
    Tensor rounded = forward(x).exp().sub(Tensors.scalar(1)).round();
    float[] frames = Tensors.floats(rounded);
    int[] durations = new int[frames.length];
    for (int i = 0; i < frames.length; i++) {
      if (!(frames[i] <= LONGEST)) {
        throw new CheckpointException(
            "The duration predictor gives a unit "
                + frames[i]
                + " frames, expected at most "
                + LONGEST
                + "; the vocoder's weights are damaged");
      }
      durations[i] = Math.max(1, (int) frames[i]);
    }
    return durations;
  }
}

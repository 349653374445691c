package org.spiritlm.training.voice;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.voice.TrainableConvolution.Shape;
import org.spiritlm.vocoder.VocoderConfig.DurationPredictorConfig;

/**
 * The duration predictor (Lee et al., "Textless Speech-to-Speech Translation", 2022) over batches
 * of utterances, with gradients.
 *
 * <p>Differs from the paper: nothing is dropped out.
 */
final class TrainableDurations {
  private static final double EPSILON = 1e-5;

  private final TrainableConvolution first;
  private final Normalization firstNorm;
  private final TrainableConvolution second;
  private final Normalization secondNorm;
  private final Linear projection;

  TrainableDurations(Weights weights, DurationPredictorConfig config, int embedding) {
    int hidden = config.hidden();
    int kernel = DurationPredictorConfig.KERNEL;
    this.first =
        TrainableConvolution.plain(
            weights.at("conv1", 0), Shape.same(embedding, hidden, kernel, 1));
    this.firstNorm = Normalization.layer(weights.at("ln1"), hidden, EPSILON);
    this.second =
        TrainableConvolution.plain(weights.at("conv2", 0), Shape.same(hidden, hidden, kernel, 1));
    this.secondNorm = Normalization.layer(weights.at("ln2"), hidden, EPSILON);
    this.projection = new Linear(weights.at("proj"), hidden, 1);
  }

  /**
   * Units' embeddings, [B, U, E], to the logarithm of frames + 1, [B, U].
   *
   * @param there 1 where an utterance has a unit and 0 behind its end, [B, U, 1]; what lies behind
   *     changes nothing before it
   */
  Tensor forward(Tensor x, Tensor there) {
    Tensor h = first.forward(x.mul(there).transpose(1, 2)); // [B, C, U]
    h = firstNorm.forward(torch.relu(h).transpose(1, 2)).mul(there); // [B, U, C]
    h = torch.relu(second.forward(h.transpose(1, 2)));
    return projection.forward(secondNorm.forward(h.transpose(1, 2))).squeeze(2);
  }
}

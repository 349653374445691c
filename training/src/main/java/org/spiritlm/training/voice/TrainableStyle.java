package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.speech.TrainableEncoder;
import org.spiritlm.training.speech.TrainableEncoder.Disturbance;
import org.spiritlm.units.style.StyleConfig;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * The style encoder over batches, with gradients: the tensor names and the values of {@link
 * StyleTokenizer}.
 */
final class TrainableStyle {
  private final TrainableEncoder encoder;
  private final Linear projector;
  private final Linear classifier;

  /**
   * Takes the tensors of Hugging Face's {@code Wav2Vec2ForSequenceClassification}.
   *
   * @param featureGradient what the gradients of the convolutions are multiplied by
   */
  TrainableStyle(Weights weights, StyleConfig config, double featureGradient) {
    this.encoder =
        new TrainableEncoder(weights.at("wav2vec2"), config.encoder(), featureGradient, false);
    this.projector =
        new Linear(weights.at("projector"), config.encoder().width(), config.projection());
    this.classifier = new Linear(weights.at("classifier"), config.projection(), config.styles());
  }

  /** Where the parameters lie. */
  Device device() {
    return encoder.device();
  }

  /** Seconds begun of so many samples: what is told apart. */
  int seconds(int samples) {
    long frames = encoder.config().frames(samples);
    return (int) ((frames + StyleTokenizer.FRAMES - 1) / StyleTokenizer.FRAMES);
  }

  /**
   * Scores of the classes for each second begun, the waveforms' one after another: [seconds,
   * classes].
   *
   * @param waveforms standardised, each [B, N] of one length
   */
  Tensor logits(List<Tensor> waveforms, Disturbance disturbance) {
    Tensor projected = projector.forward(encoder.forward(waveforms, disturbance)); // [R, P]
    List<Tensor> means = new ArrayList<>();
    long row = 0;
    for (Tensor batch : waveforms) {
      long frames = encoder.config().frames(batch.size(1));
      long count = batch.size(0);
      means.add(means(projected.narrow(0, row, count * frames).view(count, frames, -1)));
      row += count * frames;
    }
    return classifier.forward(Tensors.cat(means, 0));
  }

  /** Features, [B, F, P], to their means over each second begun, [B · seconds, P]. */
  private static Tensor means(Tensor features) {
    long frames = features.size(1);
    long width = features.size(2);
    long whole = frames / StyleTokenizer.FRAMES;
    long rest = frames % StyleTokenizer.FRAMES;
    List<Tensor> parts = new ArrayList<>();
    if (whole > 0) {
      parts.add(
          features
              .narrow(1, 0, whole * StyleTokenizer.FRAMES)
              .reshape(features.size(0), whole, StyleTokenizer.FRAMES, width)
              .mean(2)); // [B, whole, P]
    }
    if (rest > 0) {
      parts.add(
          features
              .narrow(1, frames - rest, rest)
              .mean(new long[] {1}, true, new ScalarTypeOptional())); // [B, 1, P]
    }
    return Tensors.cat(parts, 1).reshape(-1, width);
  }
}

package org.spiritlm.units.style;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.UnitEncoder;
import org.spiritlm.units.wav2vec2.Wav2Vec2Encoder;

/**
 * Speech to style tokens, one for each second begun (SPIRIT LM, section 3.2).
 *
 * <p>Safe for use by several threads.
 */
public final class StyleTokenizer implements UnitEncoder {
  /** Frames of one token: a second of the encoder's 50 Hz. The last token may have fewer. */
  public static final int FRAMES = 50;

  /** Added to the waveform's variance, as in Hugging Face's feature extractor. */
  public static final double EPSILON = 1e-7;

  /**
   * A tensor that a checkpoint may hold to note its element type; the network has none of the name.
   */
  public static final String TYPE_MARK = "_float_tensor";

  private final StyleConfig config;
  private final Wav2Vec2Encoder encoder;
  private final Linear projector;
  private final Linear classifier;

  /** Takes the tensors of Hugging Face's {@code Wav2Vec2ForSequenceClassification}. */
  public StyleTokenizer(Weights weights, StyleConfig config) {
    this.config = config;
    this.encoder = new Wav2Vec2Encoder(weights.at("wav2vec2"), config.encoder());
    this.projector =
        new Linear(weights.at("projector"), config.encoder().width(), config.projection());
    this.classifier = new Linear(weights.at("classifier"), config.projection(), config.styles());
    weights.finish(StyleTokenizer::superfluous);
  }

  /** Network and number of classes. */
  public StyleConfig config() {
    return config;
  }

  private static boolean superfluous(String name) {
    return name.equals(TYPE_MARK)
        || (name.startsWith("wav2vec2.")
            && Wav2Vec2Encoder.superfluous(name.substring("wav2vec2.".length())));
  }

  /**
   * Style ids of mono samples at 16 kHz.
   *
   * @throws org.spiritlm.torch.InputException if there are fewer samples than one frame needs, or
   *     one is not a finite number
   */
  @Override
  public int[] encode(float[] samples) {
    try (Scope scope = Scope.open()) {
      return Tensors.ints(torch.argmax(logits(samples), new LongOptional(1), false));
    }
  }

  /** Scores of the styles for each second begun: mono samples at 16 kHz to [seconds, styles]. */
  public Tensor logits(float[] samples) {
    try (Scope scope = Scope.open()) {
      return scope.keep(classifier.forward(means(samples))); // [S, styles]
    }
  }

  /**
   * What the styles are told by: the mean features of each second begun, mono samples at 16 kHz to
   * [seconds, P].
   */
  public Tensor means(float[] samples) {
    try (Scope scope = Scope.open()) {
      Tensor hidden = encoder.forward(Wav2Vec2Encoder.standardised(samples, EPSILON)); // [T, D]
      Tensor projected = projector.forward(hidden); // [T, P]
      List<Tensor> means = new ArrayList<>();
      long frames = projected.size(0);
      long whole = frames / FRAMES;
      if (whole > 0) {
        means.add(projected.narrow(0, 0, whole * FRAMES).view(whole, FRAMES, -1).mean(1)); // [S, P]
      }
      if (frames % FRAMES > 0) {
        means.add(
            projected
                .narrow(0, whole * FRAMES, frames % FRAMES)
                .mean(new long[] {0}, true, new ScalarTypeOptional())); // [1, P]
      }
      return scope.keep(Tensors.cat(means, 0)); // [S, P]
    }
  }
}

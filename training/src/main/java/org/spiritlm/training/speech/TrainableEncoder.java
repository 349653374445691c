package org.spiritlm.training.speech;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.Initializer;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Products;
import org.spiritlm.torch.Products.Geometry;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.speech.TrainableBlock.Group;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;

/**
 * The wav2vec 2.0 encoder (Baevski et al. 2020; HuBERT: Hsu et al. 2021) as plain operations that
 * carry gradients, with the tensor names and the values of {@link
 * org.spiritlm.units.wav2vec2.Wav2Vec2Encoder}.
 *
 * <p>Waveforms of one length make a batch; those of several lengths go together as well, their
 * frames one after another in every product, and none is padded or sees another.
 */
public final class TrainableEncoder {
  /** Frames of whose multiples lengthened samples usually have as many. */
  static final int LENGTH_STEP = 8;

  private static final String MASK = "masked_spec_embed";

  private final Wav2Vec2Config config;
  private final Device device;
  private final double featureGradient;
  private final TrainableFeatures features;
  private final @Nullable Normalization projectionNorm;
  private final Linear projection;
  private final Tensor gain; // [1, 1, K]
  private final Tensor direction; // [D, D/groups, K]
  private final Tensor positionBias; // [D]
  private final Normalization norm;
  private final List<TrainableBlock> blocks = new ArrayList<>();
  private final @Nullable Tensor maskEmbedding; // [D]

  /**
   * What a pass is disturbed by.
   *
   * @param noise dropout and blocks left out
   * @param masked true for each row of frames that the encoder does not get to hear, [R], or null
   *     for none
   */
  public record Disturbance(Noise noise, @Nullable Tensor masked) {
    /** Nothing: what is computed is what inference computes. */
    public static Disturbance none() {
      return new Disturbance(Noise.none(), null);
    }
  }

  /**
   * Takes the tensors of Hugging Face's {@code HubertModel} or {@code Wav2Vec2Model}.
   *
   * @param weights {@linkplain Weights#trained() to be trained}
   * @param featureGradient what the gradients of the convolutions are multiplied by, 0 to keep them
   *     as they are (fairseq's {@code feature_grad_mult})
   * @param masks whether frames will be masked; there is a {@code masked_spec_embed} then
   */
  public TrainableEncoder(
      Weights weights, Wav2Vec2Config config, double featureGradient, boolean masks) {
    int width = config.width();
    int channels = config.convolutions().get(config.convolutions().size() - 1).channels();
    Weights projected = weights.at("feature_projection");
    Weights encoder = weights.at("encoder");
    this.config = config;
    this.device = weights.device();
    this.featureGradient = featureGradient;
    this.features = new TrainableFeatures(weights.at("feature_extractor"), config);
    this.projectionNorm =
        config.projectionNorm()
            ? Normalization.layer(projected.at("layer_norm"), channels, config.epsilon())
            : null;
    this.projection = new Linear(projected.at("projection"), channels, width);
    Weights position = encoder.at("pos_conv_embed", "conv");
    long inputs = width / config.positionGroups();
    long kernel = config.positionKernel();
    double bound = 1 / Math.sqrt((double) inputs * kernel);
    boolean parametrized = position.has("parametrizations.weight.original0");
    this.direction =
        position.tensor(
            parametrized ? "parametrizations.weight.original1" : "weight_v",
            Initializer.uniform(bound),
            width,
            inputs,
            kernel);
    this.gain =
        position.tensor(
            parametrized ? "parametrizations.weight.original0" : "weight_g",
            Initializer.uniformNorm(bound, width * inputs),
            1,
            1,
            kernel);
    this.positionBias = position.tensor("bias", Initializer.uniform(bound), width);
    this.norm = Normalization.layer(encoder.at("layer_norm"), width, config.epsilon());
    for (int i = 0; i < config.layers(); i++) {
      blocks.add(new TrainableBlock(encoder.at("layers", i), config));
    }
    this.maskEmbedding = masks ? weights.tensor(MASK, Initializer.uniform(1), width) : null;
  }

  /** Sizes and variants. */
  public Wav2Vec2Config config() {
    return config;
  }

  /** Where the parameters lie. */
  public Device device() {
    return device;
  }

  /**
   * Samples with silence behind them, up to a length that other utterances have, too: oneDNN
   * compiles convolutions and products for each length, which takes longer than they do, and a GPU
   * waits between many small ones.
   *
   * @param frames of whose multiples the result has as many
   */
  public static float[] lengthened(float[] samples, int frames, Wav2Vec2Config encoder) {
    long step = frames * encoder.stride();
    long rest = encoder.receptiveField() - encoder.stride();
    long steps = Math.max(1, (samples.length - rest + step - 1) / step);
    return Arrays.copyOf(samples, Math.toIntExact(steps * step + rest));
  }

  /**
   * The model's last hidden state, [R, D], which carries gradients; it belongs to the enclosing
   * scope.
   *
   * @param waveforms 16 kHz, each tensor [B, N] of one length, at least one receptive field
   */
  public Tensor forward(List<Tensor> waveforms, Disturbance disturbance) {
    Tensor x = forward(waveforms, config.layers(), disturbance);
    return config.preNorm() ? norm.forward(x) : x;
  }

  /** The output of one block, counted from 1, with no norm after it, as {@link #forward}. */
  public Tensor forward(List<Tensor> waveforms, int layer, Disturbance disturbance) {
    List<Group> groups = new ArrayList<>();
    for (Tensor batch : waveforms) {
      groups.add(new Group(batch.size(0), config.frames(batch.size(1))));
    }
    Tensor x = embed(waveforms, groups, disturbance); // [R, D]
    for (TrainableBlock block : blocks.subList(0, layer)) {
      if (!disturbance.noise().dropsLayer()) {
        x = block.forward(x, groups, disturbance.noise());
      }
    }
    return x;
  }

  private Tensor embed(List<Tensor> waveforms, List<Group> groups, Disturbance disturbance) {
    List<Tensor> rows = new ArrayList<>();
    for (Tensor batch : waveforms) {
      Tensor frames = features.forward(device.place(batch)); // [B, C, F]
      rows.add(frames.transpose(1, 2).reshape(-1, frames.size(1)));
    }
    Tensor extracted = scaled(TrainableBlock.joined(rows)); // [R, C]
    Tensor x =
        projection.forward(
            projectionNorm == null ? extracted : projectionNorm.forward(extracted)); // [R, D]
    x = disturbance.noise().dropout(x);
    Tensor masked = disturbance.masked();
    if (masked != null) {
      if (maskEmbedding == null) {
        throw new IllegalStateException("this encoder was made without masking");
      }
      x = torch.where(device.place(masked).unsqueeze(1), maskEmbedding, x);
    }
    x = x.add(torch.gelu(position(x, groups)));
    return disturbance.noise().dropout(config.preNorm() ? x : norm.forward(x));
  }

  /** The same values, with other gradients. */
  private Tensor scaled(Tensor x) {
    if (featureGradient == 1) {
      return x;
    }
    Tensor fixed = x.detach();
    return featureGradient == 0
        ? fixed
        : x.mul(Tensors.scalar(featureGradient))
            .add(fixed.mul(Tensors.scalar(1 - featureGradient)));
  }

  /** The position embedding of each row from those around it, [R, D]. */
  private Tensor position(Tensor x, List<Group> groups) {
    Tensor norms = direction.square().sum(new long[] {0, 1}, true, new ScalarTypeOptional()).sqrt();
    Tensor weight = direction.mul(gain.div(norms));
    TensorOptional bias = new TensorOptional(positionBias);
    Geometry geometry = new Geometry(1, config.positionKernel() / 2, 1, config.positionGroups());
    List<Tensor> rows = new ArrayList<>();
    TensorVector parts = TrainableBlock.parts(x, groups);
    for (int i = 0; i < groups.size(); i++) {
      Group group = groups.get(i);
      Tensor batch =
          parts
              .get(i)
              .view(group.count(), group.frames(), config.width())
              .transpose(1, 2); // [B, D, F]
      rows.add(
          Products.convolution(batch, weight, bias, geometry)
              .narrow(2, 0, group.frames()) // an even kernel gives one more
              .transpose(1, 2)
              .reshape(group.rows(), config.width()));
    }
    return TrainableBlock.joined(rows);
  }
}

package org.spiritlm.units.wav2vec2;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.Convolution;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Linear;
import org.spiritlm.torch.Normalization;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.Tensors;
import org.spiritlm.torch.Weights;

/**
 * The wav2vec 2.0 encoder (Baevski et al. 2020; HuBERT: Hsu et al. 2021): 16 kHz samples to hidden
 * states of one frame each.
 *
 * <p>Tensor names are those of Hugging Face's {@code Wav2Vec2Model} and {@code HubertModel}.
 *
 * <p>Differs from the reference: fairseq pads the frames to a multiple of {@code
 * required_seq_len_multiple}, masks the padding in attention and cuts it off at the end. Masked
 * frames get weight 0 and nothing else mixes frames after the padding, so it leaves no trace, and
 * is not done here.
 */
public final class Wav2Vec2Encoder {
  private final Wav2Vec2Config config;
  private final Device device;
  private final FeatureExtractor extractor;
  private final @Nullable Normalization projectionNorm;
  private final Linear projection;
  private final Convolution position;
  private final Normalization norm;
  private final List<EncoderLayer> layers = new ArrayList<>();

  public Wav2Vec2Encoder(Weights weights, Wav2Vec2Config config) {
    int width = config.width();
    List<Wav2Vec2Config.ConvolutionLayer> convolutions = config.convolutions();
    int channels = convolutions.get(convolutions.size() - 1).channels();
    Weights projected = weights.at("feature_projection");
    Weights encoder = weights.at("encoder");
    this.config = config;
    this.device = weights.device();
    this.extractor = new FeatureExtractor(weights.at("feature_extractor"), config);
    this.projectionNorm =
        config.projectionNorm()
            ? Normalization.layer(projected.at("layer_norm"), channels, config.epsilon())
            : null;
    this.projection = new Linear(projected.at("projection"), channels, width);
    this.position =
        new Convolution(
            encoder.at("pos_conv_embed", "conv"),
            Convolution.Shape.of(width, width, config.positionKernel())
                .padding(config.positionKernel() / 2)
                .groups(config.positionGroups())
                .weightNorm(2));
    this.norm = Normalization.layer(encoder.at("layer_norm"), width, config.epsilon());
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new EncoderLayer(encoder.at("layers", i), config));
    }
  }

  /** Whether a checkpoint may hold this tensor although only training needs it. */
  public static boolean superfluous(String name) {
    return name.equals("masked_spec_embed");
  }

  /** Sizes and variants. */
  public Wav2Vec2Config config() {
    return config;
  }

  /** The model's last hidden state: 16 kHz samples to [T, D]. */
  public Tensor forward(float[] samples) {
    return forward(List.of(samples));
  }

  /**
   * The last hidden states of several utterances, one after another: 16 kHz samples to [ΣT, D].
   *
   * <p>Nothing is padded and none sees another, so that each is what it would be alone; {@link
   * Wav2Vec2Config#frames} says where the next begins.
   *
   * @throws InputException if one of them has fewer samples than {@link
   *     Wav2Vec2Config#receptiveField}, or one of its samples is not a finite number
   */
  public Tensor forward(List<float[]> utterances) {
    try (Scope scope = Scope.open()) {
      Tensor x = forward(utterances, config.layers());
      return scope.keep(config.preNorm() ? norm.forward(x) : x);
    }
  }

  /**
   * The output of one block, counted from 1, with no norm after it: 16 kHz samples to [T, D].
   *
   * @throws InputException if there are fewer samples than {@link Wav2Vec2Config#receptiveField},
   *     or one of them is not a finite number
   */
  public Tensor forward(float[] samples, int layer) {
    return forward(List.of(samples), layer);
  }

  private Tensor forward(List<float[]> utterances, int layer) {
    utterances.forEach(this::check);
    try (Scope scope = Scope.open()) {
      List<Tensor> embedded = new ArrayList<>();
      utterances.forEach(samples -> embedded.add(embed(samples)));
      List<Long> frames = embedded.stream().map(each -> each.size(0)).toList();
      Tensor x = embedded.size() == 1 ? embedded.get(0) : Tensors.cat(embedded, 0); // [ΣT, D]
      for (EncoderLayer block : layers.subList(0, layer)) {
        try (Scope step = Scope.open()) {
          x.copy_(block.forward(x, frames));
        }
      }
      return scope.keep(x);
    }
  }

  /** Input of the first block: samples to [T, D]. */
  private Tensor embed(float[] samples) {
    try (Scope scope = Scope.open()) {
      Tensor waveform = device.place(Tensors.of(samples)).to(projection.weight().scalar_type());
      Tensor features = extractor.forward(waveform); // [T, C]
      Tensor x =
          projection.forward(
              projectionNorm == null ? features : projectionNorm.forward(features)); // [T, D]
      Tensor shifted =
          position
              .forward(x.t().unsqueeze(0)) // [1, D, T], or T + 1 for an even kernel
              .narrow(2, 0, x.size(0))
              .squeeze(0)
              .t(); // [T, D]
      x.add_(torch.gelu(shifted));
      return scope.keep(config.preNorm() ? x : norm.forward(x));
    }
  }

  private void check(float[] samples) {
    if (config.frames(samples.length) == 0) {
      throw new InputException(
          "speech of "
              + samples.length
              + " samples at 16 kHz is too short: the encoder needs at least "
              + config.receptiveField());
    }
    Audio.requireFinite(samples, 0, Audio.SPEECH_RATE);
  }

  /**
   * Samples with mean 0 and variance 1.
   *
   * @param epsilon added to the variance
   * @throws InputException if one is not a finite number
   */
  public static float[] standardised(float[] samples, double epsilon) {
    Audio.requireFinite(samples, 0, Audio.SPEECH_RATE);
    double sum = 0;
    for (float sample : samples) {
      sum += sample;
    }
    double mean = sum / samples.length;
    double squares = 0;
    for (float sample : samples) {
      squares += (sample - mean) * (sample - mean);
    }
    double scale = 1 / Math.sqrt(squares / samples.length + epsilon);
    float[] result = new float[samples.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) ((samples[i] - mean) * scale);
    }
    return result;
  }
}

package org.spiritlm.units.wav2vec2;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.spiritlm.torch.ConfigFile;

/**
 * Sizes and variants of a wav2vec 2.0 encoder, in the terms of the Hugging Face configurations of
 * {@code Wav2Vec2Model} and {@code HubertModel}.
 *
 * @param convolutions the layers over the waveform, first one first
 * @param convolutionBias whether these have a bias ({@code conv_bias})
 * @param featureNorm how their outputs are normalised ({@code feat_extract_norm})
 * @param projectionNorm whether a layer norm stands before the projection to the model's width
 *     ({@code feat_proj_layer_norm}, known to HuBERT only)
 * @param width the model's width D ({@code hidden_size})
 * @param layers number of transformer blocks
 * @param heads attention heads of one block
 * @param feedForward inner width of a block's feed-forward part ({@code intermediate_size})
 * @param positionKernel frames seen by the convolutional position embedding
 * @param positionGroups channel groups of that convolution
 * @param preNorm norms stand before attention and feed-forward, and one after the last block
 *     ({@code do_stable_layer_norm}); otherwise after them
 * @param epsilon added to the variance in the transformer's layer norms
 */
public record Wav2Vec2Config(
    List<ConvolutionLayer> convolutions,
    boolean convolutionBias,
    FeatureNorm featureNorm,
    boolean projectionNorm,
    int width,
    int layers,
    int heads,
    int feedForward,
    int positionKernel,
    int positionGroups,
    boolean preNorm,
    double epsilon) {

  /** The sizes of the published base models: 94 million parameters, one frame per 320 samples. */
  public static final Wav2Vec2Config BASE =
      new Wav2Vec2Config(
          List.of(
              new ConvolutionLayer(512, 10, 5),
              new ConvolutionLayer(512, 3, 2),
              new ConvolutionLayer(512, 3, 2),
              new ConvolutionLayer(512, 3, 2),
              new ConvolutionLayer(512, 3, 2),
              new ConvolutionLayer(512, 2, 2),
              new ConvolutionLayer(512, 2, 2)),
          false,
          FeatureNorm.GROUP,
          true,
          768,
          12,
          12,
          3072,
          128,
          16,
          false,
          1e-5);

  private static final String GELU = "gelu";

  /** One convolution: output channels, kernel and stride in frames of its input. */
  public record ConvolutionLayer(int channels, int kernel, int stride) {}

  /** How the outputs of the convolutions are normalised. */
  public enum FeatureNorm {
    /** Each channel of the first layer over the whole time. */
    GROUP,
    /** Each frame of every layer over its channels. */
    LAYER
  }

  public Wav2Vec2Config {
    convolutions = List.copyOf(convolutions);
  }

  /**
   * Reads a Hugging Face {@code config.json}; absent keys have the library's defaults.
   *
   * @throws org.spiritlm.torch.CheckpointException if a value is wrong, or asks for a variant that
   *     is not built here
   */
  public static Wav2Vec2Config read(ConfigFile file) {
    supported(file, "hidden_act", GELU);
    supported(file, "feat_extract_activation", GELU);
    unsupported(file, "conv_pos_batch_norm");
    unsupported(file, "add_adapter");
    List<ConvolutionLayer> base = BASE.convolutions;
    List<Integer> channels = file.positives("conv_dim", column(base, ConvolutionLayer::channels));
    List<Integer> kernels = file.positives("conv_kernel", column(base, ConvolutionLayer::kernel));
    List<Integer> strides = file.positives("conv_stride", column(base, ConvolutionLayer::stride));
    if (kernels.size() != channels.size()) {
      throw file.wrong("conv_kernel", "as long as 'conv_dim' (" + channels.size() + ")");
    }
    if (strides.size() != channels.size()) {
      throw file.wrong("conv_stride", "as long as 'conv_dim' (" + channels.size() + ")");
    }
    Wav2Vec2Config config =
        new Wav2Vec2Config(
            IntStream.range(0, channels.size())
                .mapToObj(
                    i -> new ConvolutionLayer(channels.get(i), kernels.get(i), strides.get(i)))
                .toList(),
            file.flag("conv_bias", BASE.convolutionBias),
            featureNorm(file),
            file.flag("feat_proj_layer_norm", BASE.projectionNorm),
            file.positive("hidden_size", BASE.width),
            file.positive("num_hidden_layers", BASE.layers),
            file.positive("num_attention_heads", BASE.heads),
            file.positive("intermediate_size", BASE.feedForward),
            file.positive("num_conv_pos_embeddings", BASE.positionKernel),
            file.positive("num_conv_pos_embedding_groups", BASE.positionGroups),
            file.flag("do_stable_layer_norm", BASE.preNorm),
            file.number("layer_norm_eps", BASE.epsilon));
    config.check(file, "hidden_size", "num_attention_heads", "num_conv_pos_embedding_groups");
    return config;
  }

  /**
   * Throws unless the width can be divided among the heads and the groups; the three keys are those
   * that gave width, heads and groups.
   */
  public void check(ConfigFile file, String widthKey, String headsKey, String groupsKey) {
    if (width % heads != 0) {
      throw file.wrong(headsKey, "a divisor of '" + widthKey + "' (" + width + ")");
    }
    if (width % positionGroups != 0) {
      throw file.wrong(groupsKey, "a divisor of '" + widthKey + "' (" + width + ")");
    }
  }

  /** The same with other layers over the waveform. */
  public Wav2Vec2Config with(List<ConvolutionLayer> layers) {
    return new Wav2Vec2Config(
        layers,
        convolutionBias,
        featureNorm,
        projectionNorm,
        width,
        this.layers,
        heads,
        feedForward,
        positionKernel,
        positionGroups,
        preNorm,
        epsilon);
  }

  /** Writes the keys that {@link #read} reads. */
  public void write(ObjectNode json) {
    ArrayNode channels = json.putArray("conv_dim");
    ArrayNode kernels = json.putArray("conv_kernel");
    ArrayNode strides = json.putArray("conv_stride");
    for (ConvolutionLayer layer : convolutions) {
      channels.add(layer.channels);
      kernels.add(layer.kernel);
      strides.add(layer.stride);
    }
    json.put("num_feat_extract_layers", convolutions.size());
    json.put("conv_bias", convolutionBias);
    json.put("feat_extract_norm", featureNorm == FeatureNorm.GROUP ? "group" : "layer");
    json.put("feat_extract_activation", GELU);
    json.put("feat_proj_layer_norm", projectionNorm);
    json.put("hidden_act", GELU);
    json.put("hidden_size", width);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("intermediate_size", feedForward);
    json.put("num_conv_pos_embeddings", positionKernel);
    json.put("num_conv_pos_embedding_groups", positionGroups);
    json.put("do_stable_layer_norm", preNorm);
    json.put("layer_norm_eps", epsilon);
  }

  /** Samples from one frame to the next. */
  public long stride() {
    return convolutions.stream().mapToLong(ConvolutionLayer::stride).reduce(1, Math::multiplyExact);
  }

  /** Samples that one frame is computed from. */
  public long receptiveField() {
    long samples = 1;
    for (int i = convolutions.size() - 1; i >= 0; i--) {
      samples = (samples - 1) * convolutions.get(i).stride + convolutions.get(i).kernel;
    }
    return samples;
  }

  /** Frames of a waveform; 0 if it is shorter than the receptive field. */
  public long frames(long samples) {
    return samples < receptiveField() ? 0 : (samples - receptiveField()) / stride() + 1;
  }

  private static List<Integer> column(
      List<ConvolutionLayer> layers, ToIntFunction<ConvolutionLayer> value) {
    return layers.stream().mapToInt(value).boxed().toList();
  }

  private static FeatureNorm featureNorm(ConfigFile file) {
    return switch (file.text("feat_extract_norm", "group")) {
      case "group" -> FeatureNorm.GROUP;
      case "layer" -> FeatureNorm.LAYER;
      default -> throw file.wrong("feat_extract_norm", "\"group\" or \"layer\"");
    };
  }

  private static void supported(ConfigFile file, String key, String only) {
    if (!file.text(key, only).equals(only)) {
      throw file.wrong(key, "\"" + only + "\", the only one that is built here");
    }
  }

  private static void unsupported(ConfigFile file, String key) {
    if (file.flag(key, false)) {
      throw file.wrong(key, "false: this variant is not built here");
    }
  }
}

package org.spiritlm.training.speech;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.Settings;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.ConvolutionLayer;
import org.spiritlm.units.wav2vec2.Wav2Vec2Config.FeatureNorm;

/**
 * Where an encoder's training begins.
 *
 * @param config its sizes
 * @param start what it has learnt before, by the names of Hugging Face's {@code HubertModel}, or
 *     null for nothing
 */
public record EncoderSource(Wav2Vec2Config config, @Nullable TensorSource start) {
  private static final List<String> PREFIXES = List.of("hubert.", "wav2vec2.");

  private static final int DEFAULT_STRIDE = 640;

  /** Samples a frame before the last, narrow convolutions (5 · 2⁴). */
  private static final int FIRST_STRIDE = 80;

  /** Frames at most as far apart (samples): 80 ms. */
  private static final int LONGEST_STRIDE = 1280;

  /**
   * Reads {@code start} (a directory as {@code transformers} saves one, with or without a head), or
   * the sizes: {@code stride} (samples a frame; 640 is 25 Hz), {@code channels}, {@code width},
   * {@code layers}, {@code heads}, {@code feed_forward}, {@code position_kernel}, {@code
   * position_groups}, {@code feature_norm}, {@code pre_norm}.
   *
   * @throws InputException if sizes do not fit together
   */
  public static EncoderSource of(Settings settings) {
    return of(settings, DEFAULT_STRIDE);
  }

  /** The same where {@code stride} is this if it is not given. */
  public static EncoderSource of(Settings settings, int defaultStride) {
    String start = settings.text("start", "");
    if (!start.isBlank()) {
      return open(Path.of(start));
    }
    FeatureNorm norm = settings.choice("feature_norm", FeatureNorm.GROUP);
    int width = settings.positive("width", 256);
    int heads = settings.positive("heads", 4);
    int groups = settings.positive("position_groups", 16);
    if (width % heads != 0 || width % groups != 0) {
      throw new InputException(
          "'encoder.width' must be a multiple of 'encoder.heads' and 'encoder.position_groups',"
              + " found "
              + width
              + ", "
              + heads
              + " and "
              + groups);
    }
    Wav2Vec2Config config =
        new Wav2Vec2Config(
            convolutions(
                settings.positive("stride", defaultStride), settings.positive("channels", 192)),
            norm == FeatureNorm.LAYER,
            norm,
            true,
            width,
            settings.positive("layers", 6),
            heads,
            settings.positive("feed_forward", 4 * width),
            settings.positive("position_kernel", 64),
            groups,
            settings.flag("pre_norm", true),
            1e-5);
    return new EncoderSource(config, null);
  }

  /**
   * An encoder that was saved by {@code transformers} or by this project, as HuBERT or with a CTC
   * head, which is left out.
   *
   * @throws org.spiritlm.torch.CheckpointException if it cannot be used
   */
  public static EncoderSource open(Path directory) {
    Wav2Vec2Config config = Wav2Vec2Config.read(ConfigFile.read(directory.resolve("config.json")));
    TensorSource tensors = TensorFiles.open(directory);
    for (String prefix : PREFIXES) {
      if (tensors.names().stream().anyMatch(name -> name.startsWith(prefix))) {
        return new EncoderSource(
            config,
            new RenamedSource(
                tensors, name -> name.startsWith(prefix) ? name.substring(prefix.length()) : null));
      }
    }
    return new EncoderSource(config, tensors);
  }

  /** Kernels of the published models; the further ones are as the last of these. */
  private static List<ConvolutionLayer> convolutions(int stride, int channels) {
    List<ConvolutionLayer> layers = new ArrayList<>();
    layers.add(new ConvolutionLayer(channels, 10, 5));
    for (int i = 0; i < 4; i++) {
      layers.add(new ConvolutionLayer(channels, 3, 2));
    }
    int reached = FIRST_STRIDE;
    while (reached < Math.min(stride, LONGEST_STRIDE)) {
      layers.add(new ConvolutionLayer(channels, 2, 2));
      reached *= 2;
    }
    if (reached != stride) {
      throw new InputException(
          "'encoder.stride' must be 80, 160, 320, 640 or 1280 samples, found " + stride);
    }
    return layers;
  }

  /**
   * Weights to be trained: the encoder's are what it has learnt before, where there is something;
   * all others are fresh.
   *
   * @param path of the encoder's tensors in the model, such as {@code hubert}
   * @param model what asks for the tensors
   */
  public Weights weights(long seed, Device device, String path, FreshTensors.Model model) {
    if (start == null) {
      return Weights.initialise(seed).on(device).trained();
    }
    FreshTensors fresh = FreshTensors.of(seed, model);
    String prefix = path.isEmpty() ? "" : path + ".";
    TensorSource known = new RenamedSource(start, name -> prefix + name);
    return Weights.of(new Continued(known, fresh)).on(device).trained();
  }

  /** Tensors that are known, and fresh ones where none is. */
  private record Continued(TensorSource known, FreshTensors fresh) implements TensorSource {
    @Override
    public String origin() {
      return known.origin();
    }

    @Override
    public Set<String> names() {
      Set<String> names = new LinkedHashSet<>(known.names());
      names.addAll(fresh.names());
      return names;
    }

    private TensorSource of(String name) {
      return known.names().contains(name) ? known : fresh;
    }

    @Override
    public TensorInfo info(String name) {
      return of(name).info(name);
    }

    @Override
    public Tensor load(String name) {
      return of(name).load(name);
    }

    @Override
    public Tensor copy(String name) {
      return of(name).copy(name);
    }
  }
}

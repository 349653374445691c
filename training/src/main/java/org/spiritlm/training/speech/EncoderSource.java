package org.spiritlm.training.speech;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.Scope;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.ContinuedTensors;
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

  /** Tensors whose shapes follow from the widths of the convolutions. */
  private static final Pattern OF_CONVOLUTIONS =
      Pattern.compile("(^|\\.)feature_(extractor|projection)\\.");

  private static final int DEFAULT_STRIDE = 640;

  /** Convolutions before the last, narrow ones. */
  private static final int FIRST_CONVOLUTIONS = 5;

  /** Samples a frame after these (5 · 2⁴). */
  private static final int FIRST_STRIDE = 80;

  /** Frames at most as far apart (samples): 80 ms. */
  private static final int LONGEST_STRIDE = 1280;

  /**
   * Reads {@code start} (a directory as {@code transformers} saves one, with or without a head;
   * {@code channels} then gives its convolutions other widths, in which what it knows is kept), or
   * the sizes: {@code stride} (samples a frame; 640 is 25 Hz), {@code channels} (of all
   * convolutions, or of each, {@code 64,64,96,…}; the first ones take most of the time), {@code
   * width}, {@code layers}, {@code heads}, {@code feed_forward}, {@code position_kernel}, {@code
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
      EncoderSource known = open(Path.of(start));
      String channels = settings.text("channels", "");
      return channels.isBlank() ? known : known.widened(channels);
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
                settings.positive("stride", defaultStride), settings.text("channels", "192")),
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

  /** The same with other widths of its convolutions. */
  private EncoderSource widened(String channels) {
    List<ConvolutionLayer> before = config.convolutions();
    int[] widths = channels(channels, before.size());
    List<ConvolutionLayer> layers = new ArrayList<>();
    for (int i = 0; i < widths.length; i++) {
      ConvolutionLayer layer = before.get(i);
      layers.add(new ConvolutionLayer(widths[i], layer.kernel(), layer.stride()));
    }
    return new EncoderSource(config.with(layers), start);
  }

  /** Kernels of the published models; the further ones are as the last of these. */
  private static List<ConvolutionLayer> convolutions(int stride, String channels) {
    int count = FIRST_CONVOLUTIONS;
    int reached = FIRST_STRIDE;
    for (; reached < Math.min(stride, LONGEST_STRIDE); reached *= 2) {
      count++;
    }
    if (reached != stride) {
      throw new InputException(
          "'encoder.stride' must be 80, 160, 320, 640 or 1280 samples, found " + stride);
    }
    int[] widths = channels(channels, count);
    List<ConvolutionLayer> layers = new ArrayList<>();
    layers.add(new ConvolutionLayer(widths[0], 10, 5));
    for (int i = 1; i < count; i++) {
      layers.add(new ConvolutionLayer(widths[i], i < FIRST_CONVOLUTIONS ? 3 : 2, 2));
    }
    return layers;
  }

  private static int[] channels(String text, int count) {
    List<String> parts = List.of(text.strip().split("\\s*,\\s*", -1));
    int[] widths = new int[count];
    for (int i = 0; i < count; i++) {
      String part = parts.get(Math.min(i, parts.size() - 1));
      widths[i] = part.matches("[1-9]\\d{0,4}") ? Integer.parseInt(part) : 0;
    }
    if ((parts.size() != 1 && parts.size() != count)
        || Arrays.stream(widths).anyMatch(width -> width == 0)) {
      throw new InputException(
          "'encoder.channels' must be a whole number above 0, or "
              + count
              + " of them with commas between, one for each convolution; found '"
              + text
              + "'");
    }
    return widths;
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
    return new ContinuedTensors(known, fresh, new Widened()).weights(device);
  }

  /**
   * Of convolutions with other widths those channels are kept that are known, which take nothing
   * from the others (Chen et al. 2016, Net2Net).
   */
  private static final class Widened implements ContinuedTensors.Fitting {
    @Override
    public boolean isRefitted(String name, TensorInfo known, TensorInfo fresh) {
      return OF_CONVOLUTIONS.matcher(name).find() && !fresh.shape().equals(known.shape());
    }

    /** [C', …] of [C, …], where the known tensor is in the corner. */
    @Override
    public void refit(String name, Tensor known, Tensor fresh) {
      try (Scope scope = Scope.open()) {
        long outputs = Math.min(known.size(0), fresh.size(0));
        Tensor from = known.narrow(0, 0, outputs);
        Tensor to = fresh.narrow(0, 0, outputs);
        if (known.dim() > 1) {
          to.zero_();
          long inputs = Math.min(known.size(1), fresh.size(1));
          from = from.narrow(1, 0, inputs);
          to = to.narrow(1, 0, inputs);
        }
        to.copy_(from);
      }
    }
  }
}

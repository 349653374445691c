package org.spiritlm.units.pitch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * Sizes of the pitch quantizer, as {@code config.yaml} of the released checkpoint (or the same
 * entries in JSON) gives them.
 *
 * @param features input rows, in order
 * @param width channels inside the encoder
 * @param depth residual blocks after each down-sampling
 * @param widening inner channels of a residual block, as a multiple of the width
 * @param growth dilation of block i is this to the power of i
 * @param downs number of down-samplings
 * @param stride of each down-sampling
 * @param embedding width of a code's vector (E)
 * @param codes number of codes (K)
 */
public record PitchQuantizerConfig(
    List<PitchFeature> features,
    int width,
    int depth,
    double widening,
    int growth,
    int downs,
    int stride,
    int embedding,
    int codes) {
  /** No size of a real network is larger; a limit on what a damaged file can ask for. */
  private static final int LARGEST = 1 << 16;

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final TypeReference<Map<String, Object>> PLAIN = new TypeReference<>() {};

  /** The released quantizer. */
  public static final PitchQuantizerConfig RELEASED =
      new PitchQuantizerConfig(
          List.of(PitchFeature.NORM_F0_INTERP, PitchFeature.VUV), 32, 4, 1, 3, 4, 2, 128, 64);

  public PitchQuantizerConfig {
    features = List.copyOf(features);
    if ((int) (widening * width) < 1
        || Math.pow(stride, downs) > LARGEST
        || Math.pow(growth, depth - 1) > LARGEST) {
      throw new CheckpointException(
          "pitch quantizer: m_conv * width must be 1 or more, strides_t ^ downs_t and"
              + " dilation_growth_rate ^ (depth - 1) at most "
              + LARGEST
              + "; found m_conv "
              + widening
              + ", width "
              + width
              + ", strides_t "
              + stride
              + ", downs_t "
              + downs
              + ", dilation_growth_rate "
              + growth
              + ", depth "
              + depth);
    }
  }

  /** Inner channels of a residual block. */
  public int inner() {
    return (int) (widening * width);
  }

  /**
   * Reads {@code config.yaml} or the same entries in JSON; only plain values are built, whatever
   * tags a file has.
   *
   * @throws CheckpointException if the file cannot be read, or describes what this class cannot
   *     hold
   */
  public static PitchQuantizerConfig read(Path file) {
    if (file.toString().endsWith(".json")) {
      return of(ConfigFile.read(file));
    }
    try {
      JsonNode tree = YAML.readTree(Files.readString(file));
      if (!tree.isObject()) {
        throw new CheckpointException(file + ": expected a YAML mapping");
      }
      return of(ConfigFile.of(file.toString(), YAML.convertValue(tree, PLAIN)));
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + ": not YAML: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": missing or unreadable configuration", e);
    }
  }

  static PitchQuantizerConfig of(ConfigFile config) {
    ConfigFile encoder = config.below("encoder_params");
    ConfigFile codebook = config.below("vq_params");
    if (config.flag("speaker_norm", false)) {
      throw config.wrong("speaker_norm", "false, means of speakers are not kept");
    }
    List<PitchFeature> features = PitchFeature.parse(config);
    expect(encoder, "levels", 1);
    expect(encoder, "input_emb_width", features.size());
    int embedding = encoder.positive("output_emb_width");
    expect(codebook, "levels", 1);
    expect(codebook, "emb_width", embedding);
    return new PitchQuantizerConfig(
        features,
        encoder.positive("width"),
        encoder.positive("depth"),
        encoder.number("m_conv"),
        encoder.positive("dilation_growth_rate"),
        ofTheLevel(encoder, "downs_t"),
        ofTheLevel(encoder, "strides_t"),
        embedding,
        codebook.positive("l_bins"));
  }

  private static void expect(ConfigFile config, String key, int only) {
    if (config.positive(key) != only) {
      throw config.wrong(key, Integer.toString(only));
    }
  }

  /** A list has one entry a level. */
  private static int ofTheLevel(ConfigFile config, String key) {
    List<Integer> levels = config.positives(key);
    if (levels.size() != 1) {
      throw config.wrong(key, "a list of one number, since there is one level");
    }
    return levels.get(0);
  }

  /** The same entries in JSON, as {@link #read} takes them. */
  public ObjectNode json() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("features", features.stream().map(PitchFeature::key).collect(Collectors.joining(",")));
    root.put("speaker_norm", false);
    ObjectNode encoder = root.putObject("encoder_params").put("levels", 1);
    encoder.putArray("downs_t").add(downs);
    encoder.putArray("strides_t").add(stride);
    encoder
        .put("input_emb_width", features.size())
        .put("output_emb_width", embedding)
        .put("width", width)
        .put("depth", depth)
        .put("m_conv", widening)
        .put("dilation_growth_rate", growth);
    root.putObject("vq_params").put("l_bins", codes).put("emb_width", embedding).put("levels", 1);
    return root;
  }
}

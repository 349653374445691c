package org.spiritlm.units.pitch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.spiritlm.torch.CheckpointException;

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

  private static final List<String> ENCODER_KEYS =
      List.of(
          "levels",
          "downs_t",
          "strides_t",
          "input_emb_width",
          "output_emb_width",
          "width",
          "depth",
          "m_conv",
          "dilation_growth_rate");

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
  int inner() {
    return (int) (widening * width);
  }

  /**
   * Reads YAML, or JSON where the file's name ends in {@code .json}. Only plain values are built,
   * whatever tags the file has.
   *
   * @throws CheckpointException if the file cannot be read, or describes what this class cannot
   *     hold
   */
  public static PitchQuantizerConfig read(Path file) {
    ObjectMapper mapper =
        file.toString().endsWith(".json")
            ? new ObjectMapper()
            : new ObjectMapper(new YAMLFactory());
    try {
      return new Reader(file.toString()).config(mapper.readTree(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          file + ": missing; expected the pitch quantizer's configuration there", e);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + ": not readable: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
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

  /** Takes a tree of plain values apart; every message names the file and the entry. */
  private record Reader(String file) {
    PitchQuantizerConfig config(JsonNode root) {
      JsonNode encoder = root.path("encoder_params");
      JsonNode vq = root.path("vq_params");
      for (Iterator<String> keys = encoder.fieldNames(); keys.hasNext(); ) {
        String key = keys.next();
        if (!ENCODER_KEYS.contains(key)) {
          throw wrong("encoder_params." + key, "one of " + ENCODER_KEYS, "an unknown entry");
        }
      }
      if (root.path("speaker_norm").asBoolean(false)) {
        throw wrong("speaker_norm", "false (means of speakers are not kept)", "true");
      }
      List<PitchFeature> features =
          PitchFeature.parse(root.path("features").asText(""), file + ": features");
      same("encoder_params.levels", whole(encoder, "levels"), 1);
      same("encoder_params.input_emb_width", whole(encoder, "input_emb_width"), features.size());
      int embedding = whole(encoder, "output_emb_width");
      same("vq_params.levels", whole(vq, "levels"), 1);
      same("vq_params.emb_width", whole(vq, "emb_width"), embedding);
      return new PitchQuantizerConfig(
          features,
          whole(encoder, "width"),
          whole(encoder, "depth"),
          number("encoder_params.m_conv", encoder.path("m_conv"), 0),
          whole(encoder, "dilation_growth_rate"),
          single(encoder, "downs_t"),
          single(encoder, "strides_t"),
          embedding,
          whole(vq, "l_bins"));
    }

    private int whole(JsonNode map, String key) {
      return whole(key, map.path(key));
    }

    private int whole(String key, JsonNode node) {
      double value = number(key, node, 1);
      if (value != Math.rint(value)) {
        throw wrong(key, "a whole number", node.toString());
      }
      return (int) value;
    }

    private double number(String key, JsonNode node, double least) {
      double value = node.isNumber() ? node.doubleValue() : Double.NaN;
      if (!(value >= least && value <= LARGEST)) {
        throw wrong(
            key,
            "a number from " + (int) least + " to " + LARGEST,
            node.isMissingNode() ? "nothing" : node.toString());
      }
      return value;
    }

    /** The only entry of a list with one entry a level. */
    private int single(JsonNode map, String key) {
      JsonNode list = map.path(key);
      if (!list.isArray() || list.size() != 1) {
        throw wrong(
            key, "a list of one number", list.isMissingNode() ? "nothing" : list.toString());
      }
      return whole(key, list.get(0));
    }

    private void same(String key, int found, int expected) {
      if (found != expected) {
        throw wrong(key, Integer.toString(expected), Integer.toString(found));
      }
    }

    private CheckpointException wrong(String key, String expected, String found) {
      return new CheckpointException(
          file + ": " + key + ": expected " + expected + ", found " + found);
    }
  }
}

package org.spiritlm.vocoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;

/**
 * What a vocoder's {@code config.json}, {@code speakers.txt} and {@code styles.txt} say; the keys
 * are those of Meta's releases.
 *
 * @param sampleRate samples per second (Hz)
 * @param units number of units ({@code num_embeddings})
 * @param pitch the pitch codes that it takes, or null (BASE)
 * @param styleTokens the style tokens that it takes, or null (BASE)
 * @param speakers names of the speakers by number; empty where there is one voice without an
 *     embedding
 * @param styles names of the styles of speaking by number; empty where it has none
 * @param embedding width of each embedding ({@code embedding_dim})
 * @param durationPredictor or null where units are always one frame each
 * @param generator sizes of the network
 */
public record VocoderConfig(
    int sampleRate,
    int units,
    @Nullable Codes pitch,
    @Nullable Codes styleTokens,
    List<String> speakers,
    List<String> styles,
    int embedding,
    @Nullable DurationPredictorConfig durationPredictor,
    GeneratorConfig generator) {

  /** What Meta's files say of voices whose names stand in a list beside them. */
  private static final String FROM_FILE = "from_input_file";

  /** The reference's choices where none is made. */
  private static final int DEFAULT_SPEAKER = 2;

  private static final int DEFAULT_STYLE = 8;

  /** Ways of speaking that are none in particular: what is taken of fewer styles. */
  private static final List<String> PLAIN = List.of("neutral", "default");

  /**
   * A stream of codes beside the units.
   *
   * @param count number of codes
   * @param frames frames that one code lasts where the stream runs at its own rate: the rounded
   *     ratio of the hops
   */
  public record Codes(int count, int frames) {}

  /**
   * Sizes of the duration predictor.
   *
   * @param hidden channels between its layers ({@code var_pred_hidden_dim})
   */
  public record DurationPredictorConfig(int hidden) {
    /**
     * The only kernel for which the lengths fit: the second convolution always pads by 1, whatever
     * {@code var_pred_kernel_size} says.
     */
    public static final int KERNEL = 3;

    /** Units before and after one that its duration depends on: two convolutions. */
    static final int CONTEXT = 2 * (KERNEL / 2);
  }

  /**
   * Sizes of HiFi-GAN's generator (Kong et al., 2020).
   *
   * @param channels after the first convolution; each stage halves them
   * @param rates steps out for each step in, by stage
   * @param kernels of the transposed convolutions, by stage
   * @param residualKernels of the residual blocks of each stage, which are averaged
   * @param residualDilations of the convolutions within each of those blocks
   * @param sourceFilter what makes samples of the last stage's steps, or null where those are the
   *     samples
   */
  public record GeneratorConfig(
      int channels,
      List<Integer> rates,
      List<Integer> kernels,
      List<Integer> residualKernels,
      List<List<Integer>> residualDilations,
      @Nullable SourceFilterConfig sourceFilter) {

    /** Of one frame; four seconds of samples. */
    private static final int MOST_STEPS = 1 << 16;

    /** Samples of one frame. */
    public int hop() {
      return sourceFilter == null ? steps() : Math.multiplyExact(steps(), sourceFilter.hop());
    }

    /** Steps of one frame behind the last stage. */
    public int steps() {
      return rates.stream().reduce(1, Math::multiplyExact);
    }

    /** Channels after the last convolution. */
    public int outputs() {
      return sourceFilter == null ? 1 : sourceFilter.channels();
    }

    static GeneratorConfig read(ConfigFile file) {
      if (!file.node("resblock").asText("1").equals("1")) {
        throw file.wrong("resblock", "\"1\", the only kind of residual block that is built here");
      }
      List<Integer> rates = file.positives("upsample_rates");
      List<Integer> kernels = file.positives("upsample_kernel_sizes");
      if (kernels.size() != rates.size()) {
        throw file.wrong("upsample_kernel_sizes", "as many numbers as 'upsample_rates'");
      }
      long steps = 1;
      for (int rate : rates) {
        steps *= rate;
        if (steps > MOST_STEPS) {
          throw file.wrong("upsample_rates", "a product of at most " + MOST_STEPS);
        }
      }
      for (int stage = 0; stage < rates.size(); stage++) {
        if (kernels.get(stage) < rates.get(stage)) {
          throw file.wrong("upsample_kernel_sizes", "at least 'upsample_rates', place by place");
        }
      }
      int channels = file.positive("upsample_initial_channel");
      if (channels >> rates.size() == 0) {
        throw file.wrong("upsample_initial_channel", "large enough to be halved at each stage");
      }
      List<Integer> residual = file.positives("resblock_kernel_sizes");
      if (residual.stream().anyMatch(kernel -> kernel % 2 == 0)) {
        throw file.wrong("resblock_kernel_sizes", "odd numbers");
      }
      return new GeneratorConfig(
          channels,
          rates,
          kernels,
          residual,
          dilations(file, residual.size()),
          file.has(SourceFilterConfig.KEY) ? SourceFilterConfig.read(file) : null);
    }

    void write(ObjectNode json) {
      json.put("resblock", "1");
      rates.forEach(json.putArray("upsample_rates")::add);
      kernels.forEach(json.putArray("upsample_kernel_sizes")::add);
      json.put("upsample_initial_channel", channels);
      residualKernels.forEach(json.putArray("resblock_kernel_sizes")::add);
      ArrayNode dilations = json.putArray("resblock_dilation_sizes");
      residualDilations.forEach(block -> block.forEach(dilations.addArray()::add));
      if (sourceFilter != null) {
        sourceFilter.write(json);
      }
    }

    private static List<List<Integer>> dilations(ConfigFile file, int blocks) {
      String key = "resblock_dilation_sizes";
      List<List<Integer>> dilations = new ArrayList<>();
      for (JsonNode list : file.node(key)) {
        List<Integer> block = new ArrayList<>();
        for (JsonNode dilation : list) {
          if (!dilation.isInt() || dilation.intValue() < 1) {
            throw file.wrong(key, "lists of whole numbers of at least 1");
          }
          block.add(dilation.intValue());
        }
        dilations.add(List.copyOf(block));
      }
      if (dilations.size() != blocks || dilations.stream().anyMatch(List::isEmpty)) {
        throw file.wrong(key, "one list of numbers for each of 'resblock_kernel_sizes'");
      }
      return List.copyOf(dilations);
    }
  }

  public VocoderConfig {
    speakers = List.copyOf(speakers);
    styles = List.copyOf(styles);
  }

  /**
   * Reads {@code config.json} and, where they are there, {@code speakers.txt} and {@code
   * styles.txt} (a name a line) of a vocoder's directory.
   *
   * @throws CheckpointException if the configuration is missing, wrong, or asks for a variant that
   *     is not built here
   */
  public static VocoderConfig read(Path directory) {
    return read(
        ConfigFile.read(directory.resolve("config.json")),
        names(directory.resolve("speakers.txt")),
        names(directory.resolve("styles.txt")));
  }

  /**
   * Reads a configuration whose speakers and styles have these names; those without a name are
   * called by their numbers.
   *
   * @throws CheckpointException if it is wrong, or asks for a variant that is not built here
   */
  public static VocoderConfig read(
      ConfigFile file, List<String> speakerNames, List<String> styleNames) {
    GeneratorConfig generator = GeneratorConfig.read(file);
    int hop = file.positive("code_hop_size", generator.hop());
    if (hop != generator.hop()) {
      throw file.wrong(
          "code_hop_size",
          "the samples of a frame that the other keys ask for (" + generator.hop() + ")");
    }
    int sampleRate = file.positive("sampling_rate");
    if (generator.sourceFilter() != null && sampleRate != Audio.SPEECH_RATE) {
      throw file.wrong(
          "sampling_rate",
          Audio.SPEECH_RATE + ", the only one with '" + SourceFilterConfig.KEY + "'");
    }
    VocoderConfig config =
        new VocoderConfig(
            sampleRate,
            file.positive("num_embeddings"),
            codes(file, "num_f0_tokens", "f0_hop_size", hop),
            codes(file, "num_style_tokens", "style_hop_size", hop),
            voices(file, "multispkr", "num_speakers", speakerNames),
            voices(file, "multistyle", "num_styles", styleNames),
            file.positive("embedding_dim"),
            durationPredictor(file),
            generator);
    if (file.positive("model_in_dim", config.inputs()) != config.inputs()) {
      throw file.wrong(
          "model_in_dim",
          config.inputs() + ", the width of the embeddings that the other keys ask for");
    }
    return config;
  }

  /** Samples of one frame: the length of one unit where durations are not predicted. */
  public int hop() {
    return generator.hop();
  }

  /** The speaker's number that is taken where none is asked for. */
  int defaultSpeaker() {
    return DEFAULT_SPEAKER < speakers.size() ? DEFAULT_SPEAKER : 0;
  }

  /** The style's number that is taken where none is asked for. */
  int defaultStyle() {
    return DEFAULT_STYLE < styles.size()
        ? DEFAULT_STYLE
        : PLAIN.stream()
            .mapToInt(styles::indexOf)
            .filter(style -> style >= 0)
            .findFirst()
            .orElse(0);
  }

  /** Channels of the generator's input: all embeddings beside each other. */
  public int inputs() {
    int embeddings = 1;
    embeddings += pitch == null ? 0 : 1;
    embeddings += styleTokens == null ? 0 : 1;
    embeddings += speakers.isEmpty() ? 0 : 1;
    embeddings += styles.isEmpty() ? 0 : 1;
    return embeddings * embedding;
  }

  /** The {@code config.json} that {@link #read} reads; names of speakers and styles stand apart. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("sampling_rate", sampleRate);
    json.put("code_hop_size", hop());
    json.put("num_embeddings", units);
    json.put("embedding_dim", embedding);
    json.put("model_in_dim", inputs());
    if (pitch != null) {
      json.put("num_f0_tokens", pitch.count).put("f0_hop_size", pitch.frames * hop());
    }
    if (styleTokens != null) {
      json.put("num_style_tokens", styleTokens.count);
      json.put("style_hop_size", styleTokens.frames * hop());
    }
    if (!speakers.isEmpty()) {
      json.put("multispkr", FROM_FILE).put("num_speakers", speakers.size());
    }
    if (!styles.isEmpty()) {
      json.put("multistyle", FROM_FILE).put("num_styles", styles.size());
    }
    if (durationPredictor != null) {
      json.putObject("dur_predictor_params")
          .put("encoder_embed_dim", embedding)
          .put("var_pred_hidden_dim", durationPredictor.hidden)
          .put("var_pred_kernel_size", DurationPredictorConfig.KERNEL);
    }
    generator.write(json);
    return json;
  }

  private static @Nullable Codes codes(ConfigFile file, String count, String hop, int codeHop) {
    if (!file.has(count)) {
      return null;
    }
    // Python's round: halves to the even number.
    int frames = (int) Math.rint((double) file.positive(hop) / codeHop);
    if (frames < 1) {
      throw file.wrong(hop, "at least 'code_hop_size' (" + codeHop + ")");
    }
    return new Codes(file.positive(count), frames);
  }

  private static @Nullable DurationPredictorConfig durationPredictor(ConfigFile file) {
    String key = "dur_predictor_params";
    if (!file.has(key)) {
      return null;
    }
    ConfigFile below = file.below(key);
    if (below.positive("encoder_embed_dim") != file.positive("embedding_dim")) {
      throw below.wrong(
          "encoder_embed_dim", "'embedding_dim' (" + file.positive("embedding_dim") + ")");
    }
    int kernel = below.positive("var_pred_kernel_size");
    if (kernel != DurationPredictorConfig.KERNEL) {
      throw below.wrong("var_pred_kernel_size", "" + DurationPredictorConfig.KERNEL);
    }
    return new DurationPredictorConfig(below.positive("var_pred_hidden_dim"));
  }

  private static List<String> voices(
      ConfigFile file, String flag, String count, List<String> names) {
    if (!file.has(flag) || (file.node(flag).isBoolean() && !file.node(flag).booleanValue())) {
      return List.of();
    }
    int voices = file.positive(count);
    if (names.size() > voices) {
      throw file.wrong(count, "at least the number of names in the file beside (" + names + ")");
    }
    List<String> all = new ArrayList<>(names);
    IntStream.range(names.size(), voices).mapToObj(Integer::toString).forEach(all::add);
    return all;
  }

  private static List<String> names(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file).stream()
          .map(String::strip)
          .filter(n -> !n.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new CheckpointException(file + ": unreadable (" + e.getMessage() + ")", e);
    }
  }
}

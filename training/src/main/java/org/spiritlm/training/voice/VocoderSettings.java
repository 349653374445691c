package org.spiritlm.training.voice;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.spiritlm.audio.Audio;
import org.spiritlm.audio.MelSpectrogram;
import org.spiritlm.torch.AdamW;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.Weights;
import org.spiritlm.training.LearningRate;
import org.spiritlm.training.OptimiserSettings;
import org.spiritlm.training.Settings;
import org.spiritlm.vocoder.SourceFilterConfig;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VocoderConfig.Codes;
import org.spiritlm.vocoder.VocoderConfig.DurationPredictorConfig;
import org.spiritlm.vocoder.VocoderConfig.GeneratorConfig;

/**
 * How a vocoder is trained.
 *
 * @param known what it has learnt before, or null for nothing
 * @param config its sizes and voices
 * @param discriminators theirs
 * @param judgedFrom batches from which the generator learns before the discriminators are there
 * @param optimiser of both
 * @param mels of the loss, the longest window first
 * @param batch stretches of a step
 * @param segment frames of a stretch
 * @param melWeight how much the distance of mel spectrograms counts
 * @param featureWeight how much the distance of the discriminators' layers counts
 * @param durationWeight how much the errors of durations count
 * @param contourWeight how much the errors of a source's pitch count
 * @param seed of first values and of what is drawn
 */
record VocoderSettings(
    @Nullable KnownVocoder known,
    VocoderConfig config,
    Discriminators.Sizes discriminators,
    int judgedFrom,
    OptimiserSettings optimiser,
    List<MelSpectrogram.Config> mels,
    int batch,
    int segment,
    double melWeight,
    double featureWeight,
    double durationWeight,
    double contourWeight,
    long seed) {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> PLAIN = new TypeReference<>() {};

  private static final int PITCH_CODES = 64;
  private static final int STYLE_TOKENS = 100;

  /** Samples of a pitch code. */
  private static final int PITCH_HOP = 1280;

  /** Samples of a style token. */
  private static final int STYLE_HOP = Audio.SPEECH_RATE;

  /** Samples of a step of a source and a filter. */
  private static final int SOURCE_HOP = 160;

  private static final int DURATION_CHANNELS = 128;

  /** Sizes of the released EXPRESSIVE vocoder, whose units count the blank; no voices. */
  private static final VocoderConfig RELEASED =
      new VocoderConfig(
          Audio.SPEECH_RATE,
          501,
          new Codes(PITCH_CODES, 2),
          new Codes(STYLE_TOKENS, 25),
          List.of(),
          List.of(),
          128,
          new DurationPredictorConfig(DURATION_CHANNELS),
          new GeneratorConfig(
              512,
              List.of(5, 4, 4, 4, 2),
              List.of(11, 8, 8, 8, 4),
              List.of(3, 7, 11),
              Collections.nCopies(3, List.of(1, 3, 5)),
              null));

  /**
   * HiFi-GAN's; its rate falls by 0.999 an epoch, to about a twentieth over its whole training,
   * here along a half cosine.
   */
  private static final OptimiserSettings OPTIMISER =
      new OptimiserSettings(
          new LearningRate(2e-4, 0, LearningRate.Schedule.COSINE, 0.05),
          new AdamW.Options(0.8, 0.99, 1e-8, 0.01),
          0);

  VocoderSettings {
    if (segment * config.hop() < mels.get(0).fftSize()) {
      throw new InputException(
          "a 'segment' of "
              + segment
              + " frames is shorter than the mel spectrogram's window of "
              + mels.get(0).fftSize()
              + " samples; give a longer one");
    }
  }

  /** Weights to be trained. */
  Weights weights(Device device) {
    return known == null
        ? Weights.initialise(seed).on(device).trained()
        : known.weights(seed, device, config);
  }

  /** What a vocoder hears beside units. */
  enum Conditions {
    /** The speaker, and the style of speaking where the corpus names it. */
    BASE,
    /** Pitch codes, style tokens and the speaker. */
    EXPRESSIVE;

    static Conditions of(VocoderConfig config) {
      return config.pitch() == null ? BASE : EXPRESSIVE;
    }
  }

  /** Reads them; speakers and styles are those of the items. */
  static VocoderSettings of(Settings settings, VoiceItems items) {
    Settings losses = settings.below("losses");
    Settings judges = settings.below("discriminators");
    KnownVocoder known = KnownVocoder.of(settings);
    return new VocoderSettings(
        known,
        config(settings, items, known == null ? RELEASED : known.config()),
        discriminators(judges),
        judges.count("from", 0),
        OptimiserSettings.of(settings.below("optimiser"), OPTIMISER),
        mels(settings.below("mel")),
        settings.positive("batch", 16),
        settings.positive("segment", 14),
        losses.number("mel", 45),
        losses.number("features", 2),
        losses.number("durations", 1),
        losses.number("contour", 5),
        settings.seed("seed", 0));
  }

  /** The sizes; those that are not given are as in another. */
  private static VocoderConfig config(Settings settings, VoiceItems items, VocoderConfig fallback) {
    Settings network = settings.below("network");
    Conditions conditions = settings.choice("conditions", Conditions.of(fallback));
    boolean expressive = conditions == Conditions.EXPRESSIVE;
    GeneratorConfig generator = generator(network, fallback.generator());
    int hop = hop(generator);
    Codes pitch =
        codes(
            network.positive("pitch_codes", count(fallback.pitch(), PITCH_CODES)),
            network.positive("pitch_hop", hop(fallback, fallback.pitch(), PITCH_HOP)),
            hop);
    Codes style =
        codes(
            network.positive("style_tokens", count(fallback.styleTokens(), STYLE_TOKENS)),
            network.positive("style_hop", hop(fallback, fallback.styleTokens(), STYLE_HOP)),
            hop);
    VocoderConfig config =
        new VocoderConfig(
            Audio.SPEECH_RATE,
            network.positive("units", fallback.units()),
            expressive ? pitch : null,
            expressive ? style : null,
            names("speaker", items, VoiceItem::speaker, Map.Entry.comparingByKey()),
            expressive
                ? List.of()
                : names(
                    "style",
                    items,
                    VoiceItem::style,
                    // what is said most often is the standard
                    Map.Entry.comparingByValue(Comparator.reverseOrder())),
            network.positive("embedding", fallback.embedding()),
            new DurationPredictorConfig(
                network.positive("duration_channels", durationChannels(fallback))),
            generator);
    try {
      return VocoderConfig.read(
          ConfigFile.of("network", MAPPER.convertValue(config.json(), PLAIN)),
          config.speakers(),
          config.styles());
    } catch (CheckpointException e) {
      throw new InputException("the vocoder's sizes do not fit together: " + e.getMessage(), e);
    }
  }

  private static GeneratorConfig generator(Settings network, GeneratorConfig fallback) {
    List<Integer> residual =
        numbers(network, "residual_kernels", joined(fallback.residualKernels()));
    SourceFilterConfig source = fallback.sourceFilter();
    int bands = network.count("source_bands", source == null ? 0 : source.bands());
    int hop = network.positive("source_hop", source == null ? SOURCE_HOP : source.hop());
    return new GeneratorConfig(
        network.positive("channels", fallback.channels()),
        numbers(network, "rates", joined(fallback.rates())),
        numbers(network, "kernels", joined(fallback.kernels())),
        residual,
        dilations(network, residual.size(), fallback.residualDilations()),
        bands == 0 ? null : new SourceFilterConfig(hop, bands));
  }

  /** Those of each residual block: {@code 1,3} for all alike, {@code 1,3;1} for two blocks. */
  private static List<List<Integer>> dilations(
      Settings network, int blocks, List<List<Integer>> fallback) {
    List<String> lists = fallback.stream().map(VocoderSettings::joined).toList();
    String standard =
        lists.stream().distinct().count() == 1 ? lists.get(0) : String.join(";", lists);
    String text = network.text("residual_dilations", standard);
    List<List<Integer>> given = new ArrayList<>();
    for (String one : text.split(";", -1)) {
      given.add(numbers("residual_dilations", one, standard));
    }
    if (given.size() == 1) {
      return Collections.nCopies(blocks, given.get(0));
    }
    if (given.size() != blocks) {
      throw new InputException(
          "'residual_dilations' must be one list, or one for each of the "
              + blocks
              + " 'residual_kernels' with ';' between them, found "
              + text);
    }
    return given;
  }

  private static int hop(GeneratorConfig generator) {
    try {
      return generator.hop();
    } catch (ArithmeticException e) {
      throw new InputException(
          "'network.rates' make too many samples of a frame: " + joined(generator.rates()), e);
    }
  }

  private static String joined(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  private static int count(@Nullable Codes codes, int otherwise) {
    return codes == null ? otherwise : codes.count();
  }

  private static int hop(VocoderConfig config, @Nullable Codes codes, int otherwise) {
    return codes == null ? otherwise : codes.frames() * config.hop();
  }

  private static int durationChannels(VocoderConfig config) {
    DurationPredictorConfig predictor = config.durationPredictor();
    return predictor == null ? DURATION_CHANNELS : predictor.hidden();
  }

  private static Codes codes(int count, int codeHop, int hop) {
    return new Codes(count, Math.max(1, (int) Math.rint((double) codeHop / hop)));
  }

  /** What the items are called, or none where none of them is called anything. */
  private static List<String> names(
      String what,
      VoiceItems items,
      Function<VoiceItem, @Nullable String> name,
      Comparator<Map.Entry<String, Integer>> order) {
    Map<String, Integer> counts = new TreeMap<>();
    String without = null;
    for (int i = 0; i < items.count(); i++) {
      String one = name.apply(items.item(i));
      if (one == null) {
        without = items.item(i).id();
      } else {
        counts.merge(one, 1, Integer::sum);
      }
    }
    if (without != null && !counts.isEmpty()) {
      throw new InputException(
          "'"
              + without
              + "' has no "
              + what
              + ", others have one ("
              + String.join(", ", counts.keySet())
              + "); name it of all recordings, or of none");
    }
    return counts.entrySet().stream().sorted(order).map(Map.Entry::getKey).toList();
  }

  private static Discriminators.Sizes discriminators(Settings settings) {
    Discriminators.Sizes paper = Discriminators.Sizes.PAPER;
    int width = settings.positive("width", paper.width());
    if (width % 32 != 0) {
      throw new InputException("discriminators.width must be a multiple of 32, found " + width);
    }
    return new Discriminators.Sizes(
        numbers(settings, "periods", "2,3,5,7,11"),
        settings.positive("scales", paper.scales()),
        width);
  }

  private static List<MelSpectrogram.Config> mels(Settings settings) {
    int longest = settings.positive("window", 1024);
    int hop = settings.positive("hop", 256);
    int mels = settings.positive("mels", 80);
    int count = settings.positive("windows", 1);
    double lowest = settings.number("lowest", 0);
    double highest = settings.number("highest", Audio.SPEECH_RATE / 2.0);
    return IntStream.range(0, count)
        .mapToObj(
            halved ->
                new MelSpectrogram.Config(
                    Audio.SPEECH_RATE,
                    mels >> halved,
                    longest >> halved,
                    longest >> halved,
                    hop >> halved,
                    lowest,
                    highest))
        .toList();
  }

  /** Whole numbers with commas between them. */
  private static List<Integer> numbers(Settings settings, String key, String fallback) {
    return numbers(key, settings.text(key, fallback), fallback);
  }

  private static List<Integer> numbers(String key, String text, String example) {
    List<Integer> numbers = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      if (!one.strip().matches("[1-9]\\d{0,5}")) {
        throw new InputException(
            "'" + key + "' must be whole numbers such as " + example + ", found " + text);
      }
      numbers.add(Integer.parseInt(one.strip()));
    }
    return numbers;
  }
}

package org.spiritlm;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.checkpoint.ModelDirectory;
import org.spiritlm.checkpoint.Part;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.prompt.ModalityMask;
import org.spiritlm.prompt.OutputModality;
import org.spiritlm.prompt.TokenLayout;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.TensorInfo;
import org.spiritlm.torch.Torch;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;
import org.spiritlm.vocoder.VoiceOptions;

/** The parts of a model, each loaded when it is first needed. */
final class Parts {
  private static final String CONFIG = "config.json";
  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final String END = "eos_token_id";

  final ModelDirectory directory;
  final LoadOptions options;
  final Lazy<TextTokenizer> tokenizer;
  final Lazy<Vocabulary> vocabulary;
  final Lazy<Set<Integer>> ends;
  final Lazy<LlamaModel> languageModel;
  final Lazy<SpeechTokenizer> speechTokenizer;
  final Lazy<Vocoder> vocoder;
  final Lazy<Aligner> aligner;
  final Lazy<TokenLayout> tokenLayout;
  final Lazy<StyleNames> styleNames;

  /**
   * @param given the language model, or null for the directory's own
   */
  Parts(ModelDirectory directory, LoadOptions options, @Nullable LlamaModel given) {
    this.directory = directory;
    this.options = options;
    this.tokenizer = new Lazy<>(directory::textTokenizer);
    this.vocabulary =
        new Lazy<>(() -> Vocabulary.of(tokenizer.get(), languageModelConfig().vocabulary()));
    this.ends = new Lazy<>(this::readEnds);
    this.languageModel = new Lazy<>(() -> given == null ? loadLanguageModel() : given);
    this.speechTokenizer = new Lazy<>(() -> directory.speechTokenizer(options.device()));
    this.vocoder = new Lazy<>(() -> directory.vocoder(options.device()));
    this.aligner = new Lazy<>(() -> directory.aligner(options.device()));
    this.tokenLayout = new Lazy<>(this::readTokenLayout);
    this.styleNames = new Lazy<>(this::readStyleNames);
  }

  /** The most tokens of a sequence. */
  int context() {
    return languageModelConfig().context();
  }

  /** Loads what the directory has. */
  void loadAll() {
    vocabulary.get();
    ends.get();
    if (directory.parts().contains(Part.LM)) {
      languageModel.get();
    }
    if (directory.parts().contains(Part.HUBERT)) {
      speechTokenizer.get();
    }
    if (directory.parts().contains(Part.VOCODER)) {
      vocoder.get();
    }
    if (directory.parts().contains(Part.ALIGNER)) {
      aligner.get();
    }
  }

  private LlamaConfig languageModelConfig() {
    return LlamaConfig.read(ConfigFile.read(directory.languageModelDirectory().resolve(CONFIG)));
  }

  private LlamaModel loadLanguageModel() {
    LlamaConfig config = languageModelConfig();
    Weights mapped = directory.languageModelWeights().on(options.device());
    Weights weights = config.isSmall() || options.packed() ? mapped.allPacked() : mapped.packed();
    boolean keepsHalves = options.packed() && Weights.packsHalves() && isBfloat16(mapped);
    DType type = languageModelType(config, options, Torch.hasFastBfloat16(), keepsHalves);
    return new LlamaModel(type == null ? weights : weights.as(type), config);
  }

  private static boolean isBfloat16(Weights weights) {
    TensorInfo table = weights.info("model.embed_tokens.weight");
    return table != null && table.dtype() == DType.BF16;
  }

  /**
   * What the language model computes in, or null for the type of its file.
   *
   * @param fastBfloat16 whether the processor computes well in bfloat16; where it does not, that
   *     type still halves what a large model reads from memory in a step, but holds up a small one
   * @param keepsHalves whether a large one is packed so that it reads no more in float32
   */
  static @Nullable DType languageModelType(
      LlamaConfig config, LoadOptions options, boolean fastBfloat16, boolean keepsHalves) {
    boolean onProcessor = options.device().kind() == Device.Kind.CPU;
    boolean widens = onProcessor && !fastBfloat16 && (config.isSmall() || keepsHalves);
    return options.dtype() == null && widens ? DType.F32 : options.dtype();
  }

  /**
   * The ids that end an answer: those of {@code generation_config.json}, else of {@code
   * config.json}, else the tokenizer's.
   */
  private Set<Integer> readEnds() {
    for (String name : new String[] {GENERATION_CONFIG, CONFIG}) {
      Path path = directory.languageModelDirectory().resolve(name);
      if (Files.exists(path)) {
        ConfigFile file = ConfigFile.read(path);
        if (file.has(END)) {
          return ids(file);
        }
      }
    }
    return tokenizer.get().end().stream().boxed().collect(Collectors.toUnmodifiableSet());
  }

  private Set<Integer> ids(ConfigFile file) {
    int vocabulary = languageModelConfig().vocabulary();
    JsonNode node = file.node(END);
    Set<Integer> ids = new TreeSet<>();
    for (JsonNode id : node.isArray() ? node : List.of(node)) {
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= vocabulary) {
        throw file.wrong(END, "an id of the vocabulary, or a list of them");
      }
      ids.add(id.intValue());
    }
    return ids;
  }

  /** Times of the units of each kind; what a model does not have does not matter. */
  private TokenLayout readTokenLayout() {
    Map<String, Double> rates = directory.frameRates();
    TokenLayout standard = TokenLayout.SPIRIT_LM;
    return new TokenLayout(
        rates.getOrDefault("hubert", standard.hubertRate()),
        rates.getOrDefault("pitch", standard.pitchRate()),
        rates.getOrDefault("style", standard.styleRate()),
        standard.mergeHubert(),
        standard.mergePitch(),
        standard.mergeStyle());
  }

  /** What style tokens are called; their number is the vocoder's where no part gives them. */
  private StyleNames readStyleNames() {
    if (directory.parts().contains(Part.STYLE)) {
      return directory.styleNames();
    }
    VocoderConfig.Codes tokens = vocoder.get().config().styleTokens();
    return StyleNames.unnamed(tokens == null ? 0 : tokens.count());
  }

  /**
   * A voice as this model has it.
   *
   * @throws org.spiritlm.torch.InputException if it has no style of that name or number
   */
  StyledVoice voice(VoiceOptions asked) {
    return directory.isExpressive() && asked.style() != null
        ? StyledVoice.ofTokens(asked, styleNames.get())
        : StyledVoice.ofVocoder(asked);
  }

  /** The ids that an answer of this kind must not hold; never one that ends it. */
  BitSet forbidden(OutputModality output, Set<Integer> ends) {
    BitSet ids = new BitSet();
    ModalityMask.of(vocabulary.get(), output)
        .forbidden()
        .forEach(range -> ids.set(range.from(), range.to()));
    ends.forEach(ids::clear);
    return ids;
  }
}

package org.spiritlm.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.spiritlm.alignment.Aligner;
import org.spiritlm.audio.Audio;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.text.TextTokenizer;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.Device;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.TensorFiles;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.SpeechTokenizer;
import org.spiritlm.units.hubert.HubertConfig;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.FcpePitchExtractor;
import org.spiritlm.units.pitch.PitchContour;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.pitch.PitchQuantizerConfig;
import org.spiritlm.units.pitch.PitchTokenizer;
import org.spiritlm.units.style.StyleNames;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * A model on disk, in our own layout ({@code spiritlm.json} and a directory for each part) or in
 * Meta's as downloaded. Each method reads its part anew; none is read before it is asked for.
 *
 * <p>The parts around the language model compute in float32, whatever type their files have.
 */
public final class ModelDirectory {
  private final ModelLayout layout;

  ModelDirectory(ModelLayout layout) {
    this.layout = layout;
  }

  /**
   * Finds out the layout of a directory.
   *
   * @param variant {@code base} or {@code expressive} where the directory holds both (Meta's
   *     layout), else null
   * @throws InputException if the directory is no model, or the variant is not clear or not there
   */
  public static ModelDirectory open(Path directory, @Nullable String variant) {
    Variant wanted = variant == null ? null : Variant.of(variant);
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(directory + ": no such directory; expected a model directory");
    }
    if (OwnLayout.isIn(directory)) {
      OwnLayout own = OwnLayout.open(directory);
      if (wanted != null && wanted != own.variant()) {
        throw new InputException(
            directory + ": is " + own.variant().key() + ", asked for was --variant " + variant);
      }
      return new ModelDirectory(own);
    }
    if (MetaLayout.isIn(directory)) {
      MetaLayout meta = MetaLayout.open(directory, wanted);
      if (meta.parts().isEmpty()) {
        throw new CheckpointException(
            directory
                + ": holds no part of the "
                + meta.variant().key()
                + " model, such as "
                + directory.relativize(meta.languageModel())
                + "; download Meta's checkpoints into it");
      }
      return new ModelDirectory(meta);
    }
    throw new CheckpointException(
        directory
            + ": is no model; expected "
            + ModelRecord.FILE
            + " (a converted or initialised model), or speech_tokenizer and spiritlm_model (Meta's"
            + " checkpoints)");
  }

  ModelLayout layout() {
    return layout;
  }

  /** The directory itself. */
  public Path path() {
    return layout.directory();
  }

  public Variant variant() {
    return layout.variant();
  }

  /** Whether there is pitch and style. */
  public boolean isExpressive() {
    return layout.variant() == Variant.EXPRESSIVE;
  }

  /** The parts that are there. */
  public Set<Part> parts() {
    return layout.parts();
  }

  /**
   * The language model's directory in the form of Hugging Face: configuration, weights, tokenizer.
   */
  public Path languageModelDirectory() {
    return require(layout.languageModel(), Part.LM);
  }

  /** The language model's tensors, named as in {@code LlamaForCausalLM}. */
  public Weights languageModelWeights() {
    return Weights.of(languageModelTensors(languageModelDirectory()));
  }

  /** The text tokenizer, which also knows the speech tokens. */
  public TextTokenizer textTokenizer() {
    return TextTokenizer.open(languageModelDirectory());
  }

  /** Speech to units: phonetic ones, and pitch and style where the model is expressive. */
  public SpeechTokenizer speechTokenizer(Device device) {
    return isExpressive()
        ? new SpeechTokenizer(hubert(device), pitch(device), style(device))
        : new SpeechTokenizer(hubert(device), null, null);
  }

  /** Speech to phonetic units. */
  public HubertTokenizer hubert(Device device) {
    return new HubertTokenizer(
        floats(layout.hubert(), device),
        layout.hubertConfig(),
        layout.quantizer(floats(layout.quantizer(), device)));
  }

  /** Speech to pitch codes. */
  public PitchTokenizer pitch(Device device) {
    return new PitchTokenizer(new FcpePitchExtractor(pitchNetwork(device)), pitchQuantizer(device));
  }

  /** The network that finds the fundamental frequency; the bundled one in Meta's layout. */
  public Fcpe pitchNetwork(Device device) {
    FcpeFile file = layout.pitchNetwork();
    return new Fcpe(floats(file.weights(), device), file.config());
  }

  /** Speech to pitch by the released network that comes with this product, whatever a model has. */
  public static FcpePitchExtractor releasedPitch(Device device) {
    FcpeFile file = FcpeFile.bundled();
    return new FcpePitchExtractor(new Fcpe(floats(file.weights(), device), file.config()));
  }

  /** Fundamental frequencies to codes. */
  public PitchQuantizer pitchQuantizer(Device device) {
    return new PitchQuantizer(
        floats(layout.pitchQuantizer(), device), layout.pitchQuantizerConfig());
  }

  /** Speech to style codes. */
  public StyleTokenizer style(Device device) {
    return new StyleTokenizer(floats(layout.style(), device), layout.styleConfig());
  }

  /** What the style tokens are called; a BASE model has none. */
  public StyleNames styleNames() {
    return parts().contains(Part.STYLE) ? layout.styleConfig().names() : StyleNames.unnamed(0);
  }

  /** The names of the vocoder's speakers; none where they are without names, or it is not there. */
  public List<String> speakers() {
    return parts().contains(Part.VOCODER) ? vocoderConfig().speakers() : List.of();
  }

  /**
   * The names of the styles that it speaks in: those of the vocoder, or of an EXPRESSIVE model's
   * style tokens; none where they are without names.
   */
  public List<String> styles() {
    if (isExpressive()) {
      return styleNames().names();
    }
    return parts().contains(Part.VOCODER) ? vocoderConfig().styles() : List.of();
  }

  /** Units to speech. */
  public Vocoder vocoder(Device device) {
    return new Vocoder(floats(layout.vocoder(), device), vocoderConfig());
  }

  /** When words are said, by the optional part {@link Part#ALIGNER}. */
  public Aligner aligner(Device device) {
    return Aligner.open(require(layout.aligner(), Part.ALIGNER), device);
  }

  /**
   * Reads a part as it will be read; of the language model only names and shapes.
   *
   * @throws CheckpointException if a tensor of it is missing, has another shape, or is not of its
   *     network
   */
  void check(Part part) {
    switch (part) {
      case LM -> checkLanguageModel(languageModelDirectory());
      case HUBERT -> hubert(Device.CPU);
      case PITCH -> pitch(Device.CPU);
      case STYLE -> style(Device.CPU);
      case VOCODER -> vocoder(Device.CPU);
      case ALIGNER -> aligner(Device.CPU);
    }
  }

  /** The same of a language model in a directory. */
  static void checkLanguageModel(Path directory) {
    LlamaConfig config = LlamaConfig.read(ConfigFile.read(directory.resolve(OwnLayout.CONFIG)));
    Object unused = new LlamaModel(Weights.checking(languageModelTensors(directory)), config);
  }

  /**
   * The tensors of a language model in a directory. What {@code torch.save} wrote may hold any
   * others, which are left out; not those of a layer, or a bias, that the configuration knows
   * nothing of.
   */
  static TensorSource languageModelTensors(Path directory) {
    TensorSource tensors = TensorFiles.open(directory);
    return TensorFiles.arePickled(directory)
        ? new RenamedSource(tensors, name -> LlamaModel.mayHave(name) ? name : null)
        : tensors;
  }

  /** The vocoder's sizes and the names of its speakers and styles. */
  public VocoderConfig vocoderConfig() {
    return VocoderConfig.read(layout.vocoderDirectory());
  }

  /** Units of one second by stream: {@code hubert}, and {@code pitch} and {@code style}. */
  public Map<String, Double> frameRates() {
    Map<String, Double> rates = new LinkedHashMap<>();
    if (parts().contains(Part.HUBERT)) {
      HubertConfig hubert = layout.hubertConfig();
      rates.put("hubert", (double) Audio.SPEECH_RATE / hubert.encoder().stride());
    }
    if (parts().contains(Part.PITCH)) {
      PitchQuantizerConfig pitch = layout.pitchQuantizerConfig();
      rates.put(
          "pitch",
          (double) Audio.SPEECH_RATE / PitchContour.HOP / Math.pow(pitch.stride(), pitch.downs()));
    }
    if (parts().contains(Part.STYLE)) {
      rates.put("style", 1.0);
    }
    return rates;
  }

  private static Weights floats(TensorSource source, Device device) {
    return Weights.of(source).as(DType.F32).on(device);
  }

  private Path require(Path directory, Part part) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(
          directory + ": no such directory; the part '" + part.key() + "' of the model is missing");
    }
    return directory;
  }
}

package org.spiritlm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.LlamaConfig;
import org.spiritlm.prompt.TaskToken;
import org.spiritlm.text.NewTokenizer;
import org.spiritlm.text.Vocabulary;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.FreshTensors;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.torch.Weights;
import org.spiritlm.units.hubert.HubertTokenizer;
import org.spiritlm.units.hubert.LinearQuantizer;
import org.spiritlm.units.pitch.Fcpe;
import org.spiritlm.units.pitch.FcpeConfig;
import org.spiritlm.units.pitch.PitchQuantizer;
import org.spiritlm.units.style.StyleTokenizer;
import org.spiritlm.vocoder.Vocoder;
import org.spiritlm.vocoder.VocoderConfig;

/**
 * A model that is yet to be trained: random weights in our own layout.
 *
 * <p>Each tensor follows from the seed and its name, and is made when it is written, so memory
 * stays bounded whatever the size. The same model is written byte for byte on every run (with the
 * same libtorch and kind of processor).
 *
 * @param preset sizes
 * @param variant whether there is pitch and style
 * @param seed of all random values
 * @param dtype of the language model's tensors, float32 or bfloat16; all other parts are float32
 * @param tokenizer a SentencePiece {@code tokenizer.model} (or its directory) whose vocabulary the
 *     text has, or null for a small one
 * @param taskTokens whether there are tokens for recognition and synthesis ({@link TaskToken})
 */
public record FreshModel(
    Preset preset,
    Variant variant,
    long seed,
    DType dtype,
    @Nullable Path tokenizer,
    boolean taskTokens) {
  private static final String LICENCE = "Apache-2.0 (random weights, nothing was trained)";
  private static final String PITCH_LICENCE = "; pitch/fcpe.safetensors: MIT (torchfcpe)";
  private static final String TOKENIZER_LICENCE =
      "; text pieces of lm/tokenizer.model: its owner's";

  public FreshModel {
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new InputException("cannot make a model of " + dtype + "; expected fp32 or bf16");
    }
  }

  /** A model with the tokens of SPIRIT LM alone. */
  public FreshModel(
      Preset preset, Variant variant, long seed, DType dtype, @Nullable Path tokenizer) {
    this(preset, variant, seed, dtype, tokenizer, false);
  }

  /** The model of a preset as it is where nothing is asked for. */
  public static FreshModel of(Preset preset) {
    return new FreshModel(preset, Variant.EXPRESSIVE, 0, preset.dtype(), null);
  }

  /**
   * Writes the model.
   *
   * @param target a directory that does not exist or is empty
   * @param progress is told what is being done
   * @return what was written
   * @throws InputException if the target exists or cannot be written, or the tokenizer is none
   */
  public ModelRecord write(Path target, Consumer<String> progress) {
    return OwnLayoutWriter.model(
        target, variant, parts(), this::write, licence(), provenance(), progress);
  }

  /** The parts that it has. */
  public List<Part> parts() {
    return Arrays.stream(Part.values())
        .filter(part -> variant.has(part) && !part.isOptional())
        .toList();
  }

  private void write(Part part, OwnLayoutWriter writer) throws IOException {
    SpeechSizes sizes = preset.speech();
    switch (part) {
      case LM -> languageModel(writer);
      case HUBERT -> writer.hubert(sizes.hubert(), hubert(), quantizer());
      case PITCH -> writer.pitch(pitchNetwork(), sizes.pitchQuantizer(), pitchQuantizer());
      case STYLE -> writer.style(sizes.style(), style());
      case VOCODER -> {
        writer.vocoder(sizes.vocoder(variant));
        writer.vocoder(vocoder(), DType.F32);
      }
      case ALIGNER -> throw new IllegalArgumentException("no random weights align");
    }
  }

  private void languageModel(OwnLayoutWriter writer) throws IOException {
    List<String> tokens =
        new ArrayList<>(
            variant == Variant.EXPRESSIVE
                ? Vocabulary.tokens(
                    SpeechSizes.UNITS + 1, SpeechSizes.PITCH_CODES, SpeechSizes.STYLES)
                : Vocabulary.tokens(SpeechSizes.UNITS + 1, 0, 0));
    if (taskTokens) {
      tokens.addAll(TaskToken.pieces());
    }
    NewTokenizer text =
        tokenizer == null ? NewTokenizer.small(tokens) : NewTokenizer.extending(tokenizer, tokens);
    new FreshLanguageModel(preset.languageModel(1), text, seed, dtype, null)
        .write(writer, written -> checkKinds(Vocabulary.of(written, written.size())));
  }

  /** A given tokenizer may have speech tokens of its own. */
  private void checkKinds(Vocabulary vocabulary) {
    if (vocabulary.isExpressive() && variant == Variant.BASE) {
      throw new InputException(
          tokenizer
              + ": has pitch and style tokens, which a base model has not; add --variant"
              + " expressive, or give a tokenizer without them");
    }
  }

  private String licence() {
    boolean released = variant.has(Part.PITCH) && preset.speech().pitchNetwork() == null;
    return LICENCE + (released ? PITCH_LICENCE : "") + (tokenizer == null ? "" : TOKENIZER_LICENCE);
  }

  private Map<String, String> provenance() {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("origin", "random weights, not trained (spiritlm init)");
    provenance.put("preset", preset.key());
    provenance.put("seed", Long.toString(seed));
    provenance.put(
        "tokenizer",
        tokenizer == null ? "small English vocabulary" : "pieces of " + tokenizer.getFileName());
    return provenance;
  }

  TensorSource languageModel(LlamaConfig sizes) {
    return FreshLanguageModel.tensors(sizes, seed);
  }

  TensorSource hubert() {
    SpeechSizes sizes = preset.speech();
    var quantizer = new LinearQuantizer(Weights.initialise(seed), sizes.quantizer());
    return FreshTensors.of(
        seed, weights -> new HubertTokenizer(weights, sizes.hubert(), quantizer));
  }

  TensorSource quantizer() {
    return FreshTensors.of(
        seed, weights -> new LinearQuantizer(weights, preset.speech().quantizer()));
  }

  /** A random pitch network, or the released one. */
  FcpeFile pitchNetwork() {
    FcpeConfig sizes = preset.speech().pitchNetwork();
    return sizes == null
        ? FcpeFile.bundled()
        : new FcpeFile(sizes, FreshTensors.of(seed, weights -> new Fcpe(weights, sizes)));
  }

  TensorSource pitchQuantizer() {
    return FreshTensors.of(
        seed, weights -> new PitchQuantizer(weights, preset.speech().pitchQuantizer()));
  }

  TensorSource style() {
    return FreshTensors.of(seed, weights -> new StyleTokenizer(weights, preset.speech().style()));
  }

  TensorSource vocoder() {
    VocoderConfig config = preset.speech().vocoder(variant);
    return FreshTensors.of(seed, weights -> new Vocoder(weights, config));
  }
}

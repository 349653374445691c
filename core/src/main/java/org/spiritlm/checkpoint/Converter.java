package org.spiritlm.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.spiritlm.lm.LlamaModel;
import org.spiritlm.torch.CheckpointException;
import org.spiritlm.torch.ConfigFile;
import org.spiritlm.torch.DType;
import org.spiritlm.torch.InputException;
import org.spiritlm.torch.RenamedSource;
import org.spiritlm.torch.TensorSource;
import org.spiritlm.units.style.StyleTokenizer;

/**
 * Writes a model of any layout in our own: safetensors under the names of Hugging Face, checked and
 * with checksums.
 *
 * <p>Tensors are copied one by one, so memory stays bounded. The directory is written beside its
 * place and moved there when it is whole; after an interruption the conversion begins anew.
 */
public final class Converter {
  /** What stands beside a language model's configuration and weights. */
  private static final List<String> LANGUAGE_FILES =
      List.of(
          OwnLayout.GENERATION,
          "tokenizer.model",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json");

  private static final List<String> VOCODER_FILES =
      List.of(OwnLayout.CONFIG, OwnLayout.SPEAKERS, OwnLayout.STYLES);

  private static final String META_LICENCE =
      "FAIR Noncommercial Research License (SPIRIT LM, Meta); pitch/fcpe.safetensors: MIT"
          + " (torchfcpe)";

  private Converter() {}

  /**
   * Converts a model.
   *
   * @param variant as in {@link ModelDirectory#open}
   * @param target a directory that does not exist or is empty
   * @param dtype the type of the language model's tensors, or null for their own; of the other
   *     parts the vocoder and the aligner keep their own unless float32 is asked for, the rest is
   *     written in float32
   * @param progress is told what is being done
   * @return what was written
   * @throws InputException if a part of the variant is missing or damaged, or the target exists or
   *     cannot be written
   */
  public static ModelRecord convert(
      Path source,
      @Nullable String variant,
      Path target,
      @Nullable DType dtype,
      Consumer<String> progress) {
    return convert(source, variant, target, dtype, null, progress);
  }

  /**
   * The same with an aligner that the model is given.
   *
   * @param aligner its directory, or null for the model's own, if any
   * @throws org.spiritlm.torch.CheckpointException if it is none
   */
  public static ModelRecord convert(
      Path source,
      @Nullable String variant,
      Path target,
      @Nullable DType dtype,
      @Nullable Path aligner,
      Consumer<String> progress) {
    if (dtype != null && dtype != DType.F32 && dtype != DType.BF16) {
      throw new InputException("cannot convert to " + dtype + "; expected fp32 or bf16");
    }
    ModelLayout layout = ModelDirectory.open(source, variant).layout();
    checkComplete(layout);
    Set<Part> parts = EnumSet.copyOf(layout.parts());
    if (aligner != null) {
      parts.add(Part.ALIGNER);
    }
    return OwnLayoutWriter.model(
        target,
        layout.variant(),
        List.copyOf(parts),
        (part, writer) -> {
          if (part == Part.ALIGNER && aligner != null) {
            writer.aligner(aligner, null);
          } else {
            write(layout, part, writer, dtype);
          }
        },
        licence(layout),
        provenance(layout, dtype),
        progress);
  }

  /** Meta's release has every part; where one is missing the download is not whole. */
  private static void checkComplete(ModelLayout layout) {
    for (Part part : Part.values()) {
      if (layout instanceof MetaLayout
          && layout.variant().has(part)
          && !part.isOptional()
          && !layout.parts().contains(part)) {
        throw new CheckpointException(
            layout.directory()
                + ": the part '"
                + part.key()
                + "' of the "
                + layout.variant().key()
                + " model is missing; download the whole release");
      }
    }
  }

  /**
   * Writes one part as it is, but for tensors that no network needs.
   *
   * @throws CheckpointException if it cannot be used as it is, for another tensor too many, say
   */
  static void write(ModelLayout layout, Part part, OwnLayoutWriter writer, @Nullable DType dtype)
      throws IOException {
    if (part != Part.LM) { // which is checked where it is opened
      new ModelDirectory(layout).check(part);
    }
    switch (part) {
      case LM -> languageModel(layout.languageModel(), writer, dtype);
      case HUBERT -> writer.hubert(layout.hubertConfig(), layout.hubert(), layout.quantizer());
      case PITCH ->
          writer.pitch(
              layout.pitchNetwork(), layout.pitchQuantizerConfig(), layout.pitchQuantizer());
      case STYLE ->
          writer.style(
              layout.styleConfig(),
              new RenamedSource(
                  layout.style(), name -> name.equals(StyleTokenizer.TYPE_MARK) ? null : name));
      case VOCODER ->
          vocoder(
              layout.vocoderDirectory(),
              layout.vocoder(),
              writer,
              dtype == DType.F32 ? dtype : null);
      case ALIGNER -> writer.aligner(layout.aligner(), null);
    }
  }

  /** Writes a language model as it is. */
  static void languageModel(Path from, OwnLayoutWriter writer, @Nullable DType dtype)
      throws IOException {
    languageModel(from, writer, dtype, tensors -> tensors);
  }

  /**
   * Writes a language model.
   *
   * @param from its directory
   * @param change what is written in the tensors' place
   */
  static void languageModel(
      Path from, OwnLayoutWriter writer, @Nullable DType dtype, UnaryOperator<TensorSource> change)
      throws IOException {
    TensorSource weights = languageModel(from);
    ObjectNode config = ConfigFile.read(from.resolve(OwnLayout.CONFIG)).node().deepCopy();
    copy(LANGUAGE_FILES, from, writer.part(Part.LM));
    writer.languageModel(config, change.apply(weights), dtype);
  }

  /** Writes a vocoder whose configuration and names are in a directory. */
  static void vocoder(
      Path from, TensorSource weights, OwnLayoutWriter writer, @Nullable DType dtype)
      throws IOException {
    copy(VOCODER_FILES, from, writer.part(Part.VOCODER));
    writer.vocoder(weights, dtype);
  }

  /**
   * The tensors of a {@code LlamaForCausalLM} in a directory, without those that it can do without.
   *
   * @throws CheckpointException if it cannot be loaded
   */
  static TensorSource languageModel(Path from) {
    ModelDirectory.checkLanguageModel(from);
    return new RenamedSource(
        ModelDirectory.languageModelTensors(from),
        name -> LlamaModel.superfluous(name) ? null : name);
  }

  /** Copies what stands beside a language model's configuration and weights. */
  static void copyTokenizer(Path from, Path to) throws IOException {
    copy(LANGUAGE_FILES, from, to);
  }

  private static void copy(List<String> names, Path from, Path to) throws IOException {
    for (String name : names) {
      if (Files.exists(from.resolve(name))) {
        Files.copy(from.resolve(name), to.resolve(name));
      }
    }
  }

  static String licence(ModelLayout layout) {
    return layout instanceof OwnLayout own ? own.description().licence() : META_LICENCE;
  }

  static Map<String, String> provenance(ModelLayout layout, @Nullable DType dtype) {
    Map<String, String> provenance =
        layout instanceof OwnLayout own
            ? new LinkedHashMap<>(own.description().provenance())
            : new LinkedHashMap<>(
                Map.of("origin", "SPIRIT LM " + layout.variant().key() + ", released by Meta"));
    if (dtype != null) {
      provenance.put("conversion", "language model in " + (dtype == DType.F32 ? "fp32" : "bf16"));
    }
    return provenance;
  }
}
